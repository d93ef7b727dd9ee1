//! A shop on actix-web and tokio-postgres. It books what each paid invoice brought to the customer's
//! balance.
//!
//! The payment, the balance and the record that the receiver ran commit together, in a transaction of
//! tokio-postgres'. An invoice is booked exactly once, however often Stripe delivers its event, and
//! even if the process is killed between any two statements.

use std::env;

use actix_web::error::{ErrorBadRequest, ErrorInternalServerError};
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use deadpool_postgres::{Manager, Pool};
use djstripe_core::http::WEBHOOK_PATH;
use djstripe_core::models::Invoice;
use djstripe_core::{
    BoxError, Checkpoint, DEFAULT_BODY_LIMIT, Delivery, Djstripe, Object, Receipt, State,
    WebhookError, stripe_receiver,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_postgres::NoTls;

/// No unique key refuses a second payment of an invoice. Exactly once does not depend on one.
const CREATE_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS payments (invoice text NOT NULL, amount bigint NOT NULL);
    CREATE TABLE IF NOT EXISTS balances (customer text PRIMARY KEY, amount bigint NOT NULL)";

const PAY: &str = "INSERT INTO payments (invoice, amount) VALUES ($1, $2)";
const ADD_TO_BALANCE: &str = "INSERT INTO balances (customer, amount) VALUES ($1, $2)
    ON CONFLICT (customer) DO UPDATE SET amount = balances.amount + excluded.amount";

/// Books what was paid. An error rolls the transaction back, and the receiver is retried.
#[stripe_receiver("invoice.paid", id = "actix_shop::book", transaction = own)]
async fn book(
    invoice: Object<Invoice>,
    pool: State<Pool>,
    checkpoint: Checkpoint,
) -> Result<(), BoxError> {
    let customer = invoice.customer.as_ref().and_then(|customer| customer.id());
    let customer = customer.ok_or("the invoice has no customer")?;
    let amount = invoice.amount_paid.unwrap_or_default();

    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    transaction.execute(PAY, &[&invoice.id, &amount]).await?;
    transaction
        .execute(ADD_TO_BALANCE, &[&customer, &amount])
        .await?;

    // The last statement. It fails if the payment must not be committed.
    transaction
        .execute_raw(checkpoint.sql(), checkpoint.binds())
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// What the handler of deliveries needs.
struct Webhooks {
    app: Djstripe,
    /// The runtime of `main`.
    runtime: Handle,
}

/// Answers Stripe once the event is stored. The worker runs its receivers.
async fn webhook(
    request: HttpRequest,
    body: Bytes,
    webhooks: Data<Webhooks>,
) -> actix_web::Result<HttpResponse> {
    let delivery = Delivery {
        headers: headers(&request).map_err(ErrorBadRequest)?,
        body,
        peer: request.peer_addr(),
    };

    // Each of actix's threads has a runtime that ends with the server. A connection to the database
    // ends with the runtime that opened it, and the worker uses the same connections for longer.
    let app = webhooks.app.clone();
    let receiving = async move { app.receive(delivery).await };
    let received = webhooks.runtime.spawn(receiving).await;
    Ok(answer(received.map_err(ErrorInternalServerError)?))
}

/// The headers in the types of the crate `http`'s version 1; actix has types of its own.
fn headers(request: &HttpRequest) -> Result<HeaderMap, http::Error> {
    let headers = request.headers().iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_str().as_bytes())?;
        Ok((name, HeaderValue::from_bytes(value.as_bytes())?))
    });
    headers.collect()
}

fn answer(received: Result<Receipt, WebhookError>) -> HttpResponse {
    match received {
        // Only the receivers of `issuing_authorization.request` reply.
        Ok(Receipt::Replied(reply)) => HttpResponse::Ok()
            .insert_header(("stripe-version", reply.api_version()))
            .content_type("application/json")
            .body(reply.body()),
        Ok(_) => HttpResponse::Ok().finish(),
        // Stripe delivers the event again.
        Err(error) => {
            let status = StatusCode::from_u16(error.status().as_u16());
            HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
                .body(error.public_message())
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // One database: a transaction writes to the shop's tables and to djstripe's. A server that is
    // reached through a network needs TLS, as by tokio-postgres-rustls.
    let database_url = env::var("DATABASE_URL")?;
    let pool = Pool::builder(Manager::new(database_url.parse()?, NoTls)).build()?;
    pool.get().await?.batch_execute(CREATE_TABLES).await?;

    let app = Djstripe::builder()
        .webhook_secrets_from_env()
        .database_url(database_url)
        .client_from_env()
        .state(pool)
        .build()
        .await?;

    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });

    let webhooks = Data::new(Webhooks {
        app,
        runtime: Handle::current(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(webhooks.clone())
            .app_data(PayloadConfig::new(DEFAULT_BODY_LIMIT))
            .route(WEBHOOK_PATH, web::post().to(webhook))
    });

    // At SIGTERM the server answers the requests under way, then the worker finishes its events.
    let served = server.bind(env::var("LISTEN")?)?.run().await;
    stop.send_replace(true);
    worker.await?;
    Ok(served?)
}
