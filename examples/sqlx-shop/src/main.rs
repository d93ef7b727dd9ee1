//! A shop on axum and sqlx. It ships a box for each paid checkout session, and counts its stock down.
//!
//! The shipment, the count and the record that the receiver ran commit together, in a transaction of
//! sqlx's. A session is shipped exactly once, however often Stripe delivers its event, and even if the
//! process is killed between any two statements.

use std::env;

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, extract};
use djstripe_core::models::CheckoutSession;
use djstripe_core::{BoxError, Checkpoint, Djstripe, Object, State, http, stripe_receiver};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::net::TcpListener;

/// No unique key refuses a second shipment of a session. Exactly once does not depend on one.
const CREATE_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS shipments (session text NOT NULL, email text);
    CREATE TABLE IF NOT EXISTS stock (product text PRIMARY KEY, boxes bigint NOT NULL);
    INSERT INTO stock VALUES ('tea', 1000) ON CONFLICT DO NOTHING";

const SHIP: &str = "INSERT INTO shipments (session, email) VALUES ($1, $2)";
const TAKE_FROM_STOCK: &str = "UPDATE stock SET boxes = boxes - 1 WHERE product = 'tea'";
const COUNT_STOCK: &str = "SELECT boxes FROM stock WHERE product = 'tea'";

/// Ships a box of tea. An error rolls the transaction back, and the receiver is retried.
#[stripe_receiver("checkout.session.completed", id = "sqlx_shop::ship", transaction = own)]
async fn ship(
    session: Object<CheckoutSession>,
    pool: State<PgPool>,
    checkpoint: Checkpoint,
) -> Result<(), BoxError> {
    let customer = session.customer_details.as_ref();
    let email = customer.and_then(|customer| customer.email.as_deref());

    let mut transaction = pool.begin().await?;
    sqlx::query(SHIP)
        .bind(session.id.as_deref())
        .bind(email)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(TAKE_FROM_STOCK)
        .execute(&mut *transaction)
        .await?;

    // The last statement. It fails if the shipment must not be committed. sqlx asks for the assertion
    // because the statement is not a literal; it is djstripe's, and all values are binds.
    let mut record = sqlx::query(AssertSqlSafe(checkpoint.sql()));
    for bind in checkpoint.binds() {
        record = record.bind(bind);
    }
    record.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// A page of the shop's own, on the same pool.
async fn stock(pool: extract::State<PgPool>) -> Result<String, StatusCode> {
    match sqlx::query_scalar::<_, i64>(COUNT_STOCK)
        .fetch_one(&*pool)
        .await
    {
        Ok(boxes) => Ok(format!("{boxes} boxes of tea")),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // One database: a transaction writes to the shop's tables and to djstripe's. A server that is
    // reached through a network needs TLS, which is a feature of sqlx's, such as `tls-rustls-ring`.
    let database_url = env::var("DATABASE_URL")?;
    let pool = PgPool::connect(&database_url).await?;
    sqlx::raw_sql(CREATE_TABLES).execute(&pool).await?;

    let app = Djstripe::builder()
        .webhook_secrets_from_env()
        .database_url(database_url)
        .client_from_env()
        .state(pool.clone())
        .build()
        .await?;

    let routes = Router::new()
        .route("/stock", get(stock))
        .with_state(pool)
        .merge(http::probes(app.clone()));
    let listener = TcpListener::bind(env::var("LISTEN")?).await?;
    http::serve(app, routes, listener, std::future::pending()).await?;
    Ok(())
}
