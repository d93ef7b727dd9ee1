//! What happens when something happened at Stripe.
//!
//! Each receiver writes in the transaction that also records that it ran, so that it writes once,
//! however often Stripe delivers the event.

use djstripe_core::client::Client;
use djstripe_core::models::families::CustomerSubscriptionEvent;
use djstripe_core::models::{Customer, Dispute, Subscription};
use djstripe_core::store::prelude::*;
use djstripe_core::{BoxError, Db, Object, stripe_receiver, with_db};
use serde_json::json;

use crate::mail::{Mail, send};
use crate::tables::{access, workspaces};

/// Whether a subscription in its current state gives access.
fn gives_access(subscription: &Object<Subscription>) -> bool {
    let status = subscription.status.as_ref().map(|status| status.as_str());
    !subscription.is_deleted() && matches!(status, Some("active" | "trialing"))
}

/// Opens and closes what a subscription pays for. The first time, it sets the customer's workspace up
/// and welcomes the customer: once, whichever subscription and event came first.
#[stripe_receiver("customer.subscription.*", id = "saas::keep_access")]
pub(crate) async fn keep_access(
    subscription: Object<Subscription>,
    mut db: Db<'_>,
) -> Result<(), BoxError> {
    let id = subscription
        .id
        .as_deref()
        .ok_or("a subscription has an id")?;
    let customer = subscription
        .customer
        .as_ref()
        .and_then(|customer| customer.id());
    let customer = customer.ok_or("a subscription has a customer")?;
    let open = gives_access(&subscription);

    let row = (
        access::subscription.eq(id),
        access::customer.eq(customer),
        access::open.eq(open),
    );
    let upsert = diesel::insert_into(access::table)
        .values(row)
        .on_conflict(access::subscription)
        .do_update()
        .set(access::open.eq(open));
    with_db!(db, connection => upsert.execute(connection).await)?;
    if !open {
        return Ok(());
    }

    let workspace = (
        workspaces::customer.eq(customer),
        workspaces::set_up_for.eq(id),
    );
    let set_up = diesel::insert_into(workspaces::table)
        .values(workspace)
        .on_conflict_do_nothing();
    let is_new = with_db!(db, connection => set_up.execute(connection).await)? == 1;
    if is_new {
        tell(&mut db, customer, "Welcome! Your workspace is ready").await?;
    }
    Ok(())
}

/// Tells the customer what an operator of a subscription business has to tell. The match is checked by
/// the compiler: a new event of the family has to be decided here.
#[stripe_receiver("customer.subscription.*", id = "saas::keep_informed")]
pub(crate) async fn keep_informed(
    event: CustomerSubscriptionEvent,
    subscription: Object<Subscription>,
    mut db: Db<'_>,
) -> Result<(), BoxError> {
    let is_over = !gives_access(&subscription);
    let subject = match event {
        // It may be over by now.
        CustomerSubscriptionEvent::TrialWillEnd if is_over => return Ok(()),
        CustomerSubscriptionEvent::TrialWillEnd => "Your trial ends in three days",
        CustomerSubscriptionEvent::Deleted => "Your subscription has ended",
        CustomerSubscriptionEvent::Paused => "Your subscription is paused",
        CustomerSubscriptionEvent::Created
        | CustomerSubscriptionEvent::Updated
        | CustomerSubscriptionEvent::Resumed
        | CustomerSubscriptionEvent::PendingUpdateApplied
        | CustomerSubscriptionEvent::PendingUpdateExpired => return Ok(()),
    };
    let customer = subscription
        .customer
        .as_ref()
        .and_then(|customer| customer.id());
    match customer {
        Some(customer) => tell(&mut db, customer, subject).await,
        None => Ok(()),
    }
}

/// Requests a mail to a customer, who may have no address. If the customer's own event is still on its
/// way, the receiver fails and runs again.
async fn tell(db: &mut Db<'_>, customer: &str, subject: &str) -> Result<(), BoxError> {
    let customer = db.load::<Customer>(customer).await?;
    let customer = customer.ok_or("the customer is not mirrored yet")?;
    let Some(to) = customer.email.clone() else {
        return Ok(());
    };
    let mail = Mail {
        to,
        subject: subject.to_owned(),
    };
    Ok(db.request_effect::<send>(mail).await?)
}

/// Answers a dispute, unless it was decided meanwhile. The idempotency key makes a repetition
/// harmless.
#[stripe_receiver("charge.dispute.created", id = "saas::answer_dispute")]
pub(crate) async fn answer_dispute(
    dispute: Object<Dispute>,
    client: Client,
) -> Result<(), BoxError> {
    let status = dispute.status.as_ref().map(|status| status.as_str());
    let id = dispute.id.as_deref().ok_or("a dispute has an id")?;
    if !matches!(status, Some("needs_response" | "warning_needs_response")) {
        return Ok(());
    }
    let evidence = json!({
        "evidence": { "product_description": "Access to the workspace, since the day of the payment" },
        "submit": true,
    });
    client
        .update::<Dispute>(id, evidence)
        .idempotency_key(format!("saas-dispute-{id}"))
        .await?;
    Ok(())
}
