//! A program with a `main` of its own: a runtime, a log and routes, around djstripe's commands. What
//! else it does is up to variables, so that tests can choose.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use djstripe_core::cli::{self, Cli};
use djstripe_core::store::{Migration, MigrationSet};
use djstripe_core::{BoxError, Db, Djstripe, Event, stripe_effect, stripe_receiver};
use djstripe_tests::recorder::BrokenRecorder;

/// Takes its time, and fails, if the program is to.
#[stripe_receiver("invoice.paid", id = "own_main::ship")]
async fn ship(_event: Event) -> Result<(), String> {
    if env::var_os("OWN_MAIN_SLOW").is_some() {
        tracing::info!("shipping");
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    match env::var("OWN_MAIN_FAILS") {
        Ok(error) => Err(error),
        Err(_) => Ok(()),
    }
}

/// Requests a mail, which fails if the program is to.
#[stripe_receiver("customer.created", id = "own_main::greet")]
async fn greet(mut db: Db<'_>) -> Result<(), BoxError> {
    Ok(db.request_effect::<mail>(()).await?)
}

#[stripe_effect(name = "own_main::mail")]
fn mail(_nothing: ()) -> Result<(), String> {
    match env::var("OWN_MAIN_MAIL_FAILS") {
        Ok(error) => Err(error),
        Err(_) => Ok(()),
    }
}

/// A page that reads from the application.
async fn receivers(State(app): State<Djstripe>) -> String {
    let own = app.registry().receivers().iter();
    let own = own.filter(|receiver| !receiver.is_built_in());
    own.map(|receiver| receiver.id).collect()
}

fn for_postgres_only() -> MigrationSet {
    MigrationSet {
        name: "shop".into(),
        postgres: vec![Migration {
            name: "0001_orders".into(),
            sql: "CREATE TABLE orders (id bigserial PRIMARY KEY, lines text[] NOT NULL)".into(),
        }],
        sqlite: Vec::new(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let is_set = |name: &str| env::var_os(name).is_some();
    if is_set("OWN_MAIN_BLOCKS") {
        return cli::main(Djstripe::builder());
    }
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    log.with_ansi(false)
        .without_time()
        .with_target(false)
        .init();
    tracing::info!("a log of the program's own");

    if let Ok(metric) = env::var("OWN_MAIN_BROKEN_METRIC") {
        let broken = BrokenRecorder(metric.leak());
        metrics::set_global_recorder(broken).expect("there is no other recorder");
    }

    let mut builder = Djstripe::builder();
    if is_set("OWN_MAIN_POSTGRES") {
        builder = builder.migrations(for_postgres_only());
    }
    if let Ok(url) = env::var("OWN_MAIN_DATABASE") {
        builder = builder.database_url(url);
    }
    Cli::new(builder)
        .routes(|app| {
            Router::new()
                .route("/receivers", get(receivers))
                .with_state(app)
        })
        .run()
        .await
}
