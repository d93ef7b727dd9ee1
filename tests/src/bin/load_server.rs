//! The server of `cargo xtask load`: `load-server ack ADDRESS` only acknowledges, `load-server full ADDRESS` processes too.
//! Settings come from the environment, `LOAD_RECEIVERS` more receivers than the built-in ones.

use std::net::SocketAddr;

use djstripe_core::client::RateLimits;
use djstripe_core::receiver::{Location, ReceiverInfo, ReceiverOptions};
use djstripe_core::{Djstripe, http, receivers};
use tokio::sync::watch;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("{name} is not set").into())
}

/// Receivers that nothing is sent to: what they cost is their being there.
fn idle(count: usize) -> impl Iterator<Item = &'static ReceiverInfo> {
    (0..count).map(|number| {
        let id: &'static str = Box::leak(format!("load::idle_{number}").into_boxed_str());
        let info: &'static ReceiverInfo = Box::leak(Box::new(ReceiverInfo {
            id,
            events: &["topup.created"],
            call: |_| Box::pin(async { Ok(()) }),
            check: |_| Ok(()),
            uses_database: false,
            location: Location { file: file!(), line: 1, column: 1 },
            options: ReceiverOptions::DEFAULT,
        }));
        info
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, address] = &*arguments else { return Err("expected `ack` or `full`, and an address".into()) };
    let count: usize = std::env::var("LOAD_RECEIVERS").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    let mut builder = Djstripe::builder()
        .secret("whsec_load")
        .database_url(variable("DATABASE_URL")?)
        .receivers(receivers::built_in().chain(idle(count)))
        .client_options(|options| options.test = RateLimits { per_second: 1e6, per_resource: 1e6, in_flight: 64 });
    if let Ok(base) = std::env::var("STRIPE_API_BASE") {
        builder = builder.secret_key("sk_test_load").api_base(base);
    }
    let app = builder.build().await?;
    let (_stop, stopped) = watch::channel(false);
    if mode == "full" {
        let app = app.clone();
        tokio::spawn(async move { app.work(stopped).await });
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    let service = http::router(app).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}
