//! A server whose receiver counts, in a table of its own, how often each event's effect has happened. Tests kill it.

use std::process::ExitCode;
use std::time::Duration;

use djstripe_core::client::RateLimits;
use djstripe_core::store::diesel::{self, sql_query, sql_types::Text};
use djstripe_core::store::diesel_async::RunQueryDsl;
use djstripe_core::store::{Migration, MigrationSet};
use djstripe_core::{Db, Djstripe, Event, stripe_receiver, with_db};

const CREATE_EFFECT: &str = "CREATE TABLE effect (event_id text NOT NULL)";

/// Writes, then stays in its transaction for a while, so that a kill is likely to hit it between write and commit.
#[stripe_receiver("invoice.paid", id = "counter::count")]
async fn count(event: Event, mut db: Db<'_>) -> Result<(), diesel::result::Error> {
    let insert = sql_query(match db.backend() {
        djstripe_core::store::Backend::Sqlite => "INSERT INTO effect (event_id) VALUES (?)",
        _ => "INSERT INTO effect (event_id) VALUES ($1)",
    });
    let insert = insert.bind::<Text, _>(event.id().to_owned());
    with_db!(db, connection => insert.execute(connection).await)?;
    let pause = if event.id() == "evt_slow" { 1_500 } else { 5 };
    tokio::time::sleep(Duration::from_millis(pause)).await;
    Ok(())
}

fn main() -> ExitCode {
    let create = Migration {
        name: "0001_effect".into(),
        sql: CREATE_EFFECT.into(),
    };
    let migrations = MigrationSet {
        name: "counter".into(),
        postgres: vec![create.clone()],
        sqlite: vec![create],
    };
    let builder = Djstripe::builder()
        .migrations(migrations)
        .lease(Duration::from_secs(2))
        .retry_schedule([Duration::from_millis(200); 30])
        .client_options(|options| {
            options.min_delay = Duration::from_millis(5);
            options.max_delay = Duration::from_millis(50);
            options.test = RateLimits {
                per_second: 1e4,
                per_resource: 1e4,
                in_flight: 64,
            };
        });
    djstripe_core::cli::main(builder)
}
