#![deny(warnings)]

use djstripe_core::{AnyObject, CrudType, Db, Event, EventName, ArgumentError, FromEvent, Parts, State, stripe_receiver};

struct Shop;

struct Tenant;

impl<'a> FromEvent<'a> for Tenant {
    type Payload = AnyObject;

    fn from_event(_parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(Self)
    }
}

#[stripe_receiver("invoice.paid")]
fn none() {}

#[stripe_receiver("invoice.paid")]
async fn borrowed(_event: &Event) {}

#[stripe_receiver("invoice.paid")]
async fn all(
    _db: Db<'_>,
    _tenant: Tenant,
    _shop: State<Shop>,
    _crud: Option<CrudType>,
    _name: EventName,
    _event: Event,
) -> Result<(), std::io::Error> {
    Ok(())
}

#[stripe_receiver("customer.updated")]
async fn with_patterns(State(_shop): State<Shop>, mut crud: CrudType) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    crud = if crud == CrudType::Created { CrudType::Updated } else { crud };
    if crud == CrudType::Deleted { Err("gone")? }
    Ok(())
}

fn main() {
    let registry = djstripe_core::Registry::collect().unwrap();
    let all = registry.receivers().iter().find(|receiver| receiver.id.ends_with("::all")).unwrap();
    assert!(all.uses_database);
    let none = registry.receivers().iter().find(|receiver| receiver.id.ends_with("::none")).unwrap();
    assert!(!none.uses_database);
}
