//! Every kind of argument, and none.

#![deny(warnings)]

use djstripe_core::{
    AnyObject, ArgumentError, CrudType, Db, Event, EventName, FromEvent, Parts, State,
    stripe_receiver,
};

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
async fn with_patterns(
    State(_shop): State<Shop>,
    mut crud: CrudType,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    crud = if crud == CrudType::Created {
        CrudType::Updated
    } else {
        crud
    };
    if crud == CrudType::Deleted {
        Err("gone")?
    }
    Ok(())
}

fn main() {
    let registry = djstripe_core::Registry::collect().expect("its receivers are right");
    let all = registry
        .receivers()
        .iter()
        .find(|receiver| receiver.id.ends_with("::all"))
        .expect("it is registered");
    assert!(all.uses_database);
    let none = registry
        .receivers()
        .iter()
        .find(|receiver| receiver.id.ends_with("::none"))
        .expect("it is registered");
    assert!(!none.uses_database);
}
