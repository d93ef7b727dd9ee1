//! A process that uses the store, and that a test kills: `migrate URL` or `work URL`.

use std::time::Duration;

use djstripe_core::__internals::{Claim, EventOutcome, ReceiverRun, Settlement, begin, queue};
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel::sql_types::Text;
use djstripe_core::store::{Backend, RunOutcome, Store, StoreError, StoreOptions, Timestamp};
use djstripe_core::with_db;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, url] = &*arguments else {
        return Err("expected a command and a URL".into());
    };

    let store = Store::connect(url, StoreOptions::default()).await?;
    match &**command {
        "migrate" => {
            for name in store.migrate().await? {
                eprintln!("{name}");
            }
            Ok(())
        }
        "work" => work(&store).await,
        _ => Err("expected `migrate` or `work`".into()),
    }
}

/// Works until it is killed. Leases are short, so that other processes soon take over.
async fn work(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let worker = std::process::id().to_string();
    loop {
        let claims = queue(store)
            .claim(&worker, 3, Timestamp::now(), Duration::from_millis(250))
            .await?;
        if claims.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }

        for claim in claims {
            match handle(store, &claim).await {
                Err(error) if !error.downcast_ref().is_some_and(is_lost) => return Err(error),
                _ => {}
            }
        }
    }
}

fn is_lost(error: &StoreError) -> bool {
    matches!(error, StoreError::LeaseLost { .. })
}

/// Inserts a row into `effect`, which must happen only once per event.
async fn handle(store: &Store, claim: &Claim) -> Result<(), Box<dyn std::error::Error>> {
    let mut transaction = begin(store).await?;
    let mut db = transaction.db().await?;

    let placeholder = if db.backend() == Backend::Postgres {
        "$1"
    } else {
        "?"
    };
    let insert = sql_query(format!(
        "INSERT INTO effect (event_id) VALUES ({placeholder})"
    ))
    .bind::<Text, _>(&claim.event_id);
    with_db!(db, connection => insert.execute(connection).await)?;
    tokio::time::sleep(Duration::from_millis(2)).await;

    transaction.checkpoint(ReceiverRun {
        event_id: claim.event_id.clone(),
        fence: claim.fence,
        receiver: "effect".to_owned(),
        attempts: claim.attempts,
        outcome: RunOutcome::Succeeded,
        finished_at: Timestamp::now(),
        took: None,
    });
    transaction.settle(Settlement {
        event_id: claim.event_id.clone(),
        fence: claim.fence,
        outcome: EventOutcome::Processed,
        error: None,
        at: Timestamp::now(),
    });

    Ok(transaction.commit().await?)
}
