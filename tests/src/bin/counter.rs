//! A server whose receiver writes a row for each event into a table of its own, so that a test can
//! count how often an event's effect happened. Tests kill this program.

use std::process::ExitCode;
use std::time::Duration;

use djstripe_core::store::diesel::{self, sql_query, sql_types::Text};
use djstripe_core::store::{Migration, MigrationSet};
use djstripe_core::{Db, Djstripe, Event, stripe_receiver, with_db};

const CREATE_EFFECT: &str = "CREATE TABLE effect (event_id text NOT NULL)";

/// Writes and then pauses within the transaction, so that a kill is likely to come between the
/// write and the commit.
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
        .client_options(djstripe_tests::client::fast);
    djstripe_core::cli::main(builder)
}
