//! A web server of the application's own. Stripe delivers to `POST /stripe/webhook`, a worker in the
//! same process runs the receivers, and all other paths are the application's.
//!
//! README shows this program.
#![expect(clippy::print_stdout, reason = "the shop prints what it does")]

use std::env;

use axum::Router;
use axum::routing::get;
use djstripe_core::models::Invoice;
use djstripe_core::{Djstripe, Object, http, stripe_receiver};
use tokio::net::TcpListener;

#[stripe_receiver("invoice.paid")]
async fn ship(invoice: Object<Invoice>) {
    println!("shipping what {:?} paid for", invoice.customer_email);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Djstripe::builder()
        .webhook_secrets_from_env()
        .database_url(env::var("DATABASE_URL")?)
        .client_from_env()
        .build()
        .await?;

    let routes = Router::new()
        .route("/", get(async || "my shop"))
        .merge(http::probes(app.clone()));
    let listener = TcpListener::bind(env::var("LISTEN")?).await?;
    http::serve(app, routes, listener, std::future::pending()).await?;
    Ok(())
}
