//! Arguments of the types that the events carry.

#![deny(warnings)]

use djstripe_core::models::families::CustomerSubscriptionEvent;
use djstripe_core::models::{
    Customer, Expandable, ExternalAccount, Invoice, Subscription, SubscriptionStatus,
};
use djstripe_core::{Account, Db, Event, Livemode, Object, Previous, stripe_receiver};

#[stripe_receiver("customer.created", "customer.updated")]
async fn customer(customer: Object<Customer>, _event: &Event) -> Result<(), std::io::Error> {
    let _: Option<&str> = customer.email.as_deref();
    Ok(())
}

#[stripe_receiver("customer.subscription.*")]
fn family(
    event: CustomerSubscriptionEvent,
    subscription: Object<Subscription>,
    before: Previous<Subscription>,
) {
    match event {
        CustomerSubscriptionEvent::Created | CustomerSubscriptionEvent::Resumed => {}
        CustomerSubscriptionEvent::Deleted | CustomerSubscriptionEvent::Paused => {}
        CustomerSubscriptionEvent::PendingUpdateApplied
        | CustomerSubscriptionEvent::PendingUpdateExpired => {}
        CustomerSubscriptionEvent::TrialWillEnd | CustomerSubscriptionEvent::Updated => {}
    }
    let _active = subscription.status == Some(SubscriptionStatus::Active) && before.has("status");
    let _price = subscription
        .items
        .data
        .first()
        .and_then(|item| item.price.as_ref()?.id.as_deref());
}

#[stripe_receiver("customer.subscription.updated", when(changed("status", "items")))]
fn filtered(_subscription: Object<Subscription>, _account: Account, _livemode: Livemode) {}

#[stripe_receiver("customer.updated", "invoice.paid", union = CustomerOrInvoice)]
async fn union(object: Object<CustomerOrInvoice>) {
    match &*object {
        CustomerOrInvoice::Customer(customer) => drop(customer.id.clone()),
        CustomerOrInvoice::Invoice(invoice) => {
            let _: Option<&str> = invoice.customer.as_ref().and_then(Expandable::id);
        }
        CustomerOrInvoice::Unlisted(_) => {}
    }
}

#[stripe_receiver("account.external_account.*")]
async fn generated_union(account: Object<ExternalAccount>) {
    if let ExternalAccount::Card(card) = &*account {
        drop(card.last4.clone());
    }
}

#[stripe_receiver("invoice.paid", transaction = false)]
async fn writes(
    invoice: Object<Invoice>,
    mut db: Db<'_>,
) -> Result<(), djstripe_core::mirror::MirrorError> {
    db.save(
        &invoice.into_inner(),
        None,
        true,
        djstripe_core::store::Timestamp::now(),
    )
    .await?;
    Ok(())
}

fn main() {
    let registry = djstripe_core::Registry::collect().expect("its receivers are right");
    assert!(
        registry
            .require("customer.subscription.trial_will_end")
            .is_ok()
    );
    let filtered = registry
        .receivers()
        .iter()
        .find(|receiver| receiver.id.ends_with("::filtered"))
        .expect("it is registered");
    assert_eq!(filtered.options.changed, ["status", "items"]);
}
