//! A shop that keeps its orders in a table of its own.
//!
//! The order and the record that the receiver ran commit together. A paid session becomes exactly one
//! order, however often Stripe delivers the event, and even if a process dies in between. The receipt is
//! requested in the same transaction, and sent after it.
#![expect(missing_docs, reason = "`table!` generates items without docs")]

use std::process::ExitCode;

use djstripe_core::models::CheckoutSession;
use djstripe_core::receiver::Effect;
use djstripe_core::store::prelude::*;
use djstripe_core::store::{Migration, MigrationSet};
use djstripe_core::{
    BoxError, Db, Djstripe, Object, State, stripe_effect, stripe_receiver, with_db,
};

diesel::table! {
    orders (session) {
        session -> Text,
        customer -> Nullable<Text>,
        amount -> BigInt,
    }
}

const CREATE_ORDERS: &str =
    "CREATE TABLE orders (session text PRIMARY KEY, customer text, amount bigint NOT NULL)";

/// Writes one order for each completed session. `amount` is in the currency's smallest unit, as Stripe
/// sends it.
#[stripe_receiver("checkout.session.completed", id = "orders::record")]
async fn record(session: Object<CheckoutSession>, mut db: Db<'_>) -> Result<(), BoxError> {
    let id = session.id.as_deref().unwrap_or_default();
    let order = (
        orders::session.eq(id),
        orders::customer.eq(session.customer.as_ref().and_then(|customer| customer.id())),
        orders::amount.eq(session.amount_total.unwrap_or_default()),
    );

    let insert = diesel::insert_into(orders::table).values(order);
    with_db!(db, connection => insert.execute(connection).await)?;
    db.request_effect::<receipt>(id).await?;
    Ok(())
}

/// Sends the receipt for an order. It may run twice, with the same key: a mail service that honours the
/// key sends one mail.
#[stripe_effect(name = "orders::receipt", schedule = ["10s", "5m", "1h"])]
async fn receipt(session: String, effect: Effect, mailer: State<Mailer>) -> Result<(), BoxError> {
    mailer
        .send(&format!("receipt for {session}"), effect.key())
        .await
}

/// Stands for a mail service.
struct Mailer;

impl Mailer {
    async fn send(&self, subject: &str, idempotency_key: &str) -> Result<(), BoxError> {
        eprintln!("mail: {subject}, Idempotency-Key: {idempotency_key}");
        Ok(())
    }
}

fn main() -> ExitCode {
    let create = Migration {
        name: "0001_orders".into(),
        sql: CREATE_ORDERS.into(),
    };
    let migrations = MigrationSet {
        name: "orders".into(),
        postgres: vec![create.clone()],
        sqlite: vec![create],
    };

    let builder = Djstripe::builder().migrations(migrations).state(Mailer);
    djstripe_core::cli::main(builder)
}
