//! `stats`: how much is stored, waits and has failed.

use serde_json::{Value, json};

use super::list::{open_current, print};
use super::{CommandError, Ending, Output};
use crate::app::Builder;
use crate::store::EventState;
use crate::timestamp::Timestamp;

pub(super) async fn run(builder: &Builder, output: Output) -> Result<Ending, CommandError> {
    let store = open_current(builder).await?;
    let counts = store.state_counts().await?;
    let backlog = store.backlog().await?;
    let runs = store.run_counts().await?;
    let age = backlog
        .oldest_pending
        .map(|oldest| (Timestamp::now().micros() - oldest.micros()).max(0) / 1_000_000);
    if output.json {
        let events: Value = EventState::ALL
            .into_iter()
            .map(|state| (state.as_str(), counts.get(state)))
            .collect();
        let receivers = runs
            .iter()
            .map(|run| json!({ "receiver": run.receiver, "succeeded": run.succeeded, "failed": run.failed }));
        let stats = json!({
            "events": events,
            "oldest_pending_seconds": age,
            "paused_since": backlog.paused_since.map(|time| time.to_string()),
            "receivers": receivers.collect::<Value>(),
        });
        print(format_args!("{stats}"))?;
    } else {
        for state in EventState::ALL {
            print(format_args!("{:>10}  {state}", counts.get(state)))?;
        }
        if let Some(age) = age {
            print(format_args!("the oldest pending event waits since {age} s"))?;
        }
        if let Some(since) = backlog.paused_since {
            print(format_args!("paused since {since}"))?;
        }
        for run in &runs {
            print(format_args!(
                "{:>10} succeeded  {:>6} failed  {}",
                run.succeeded, run.failed, run.receiver
            ))?;
        }
    }
    Ok(if counts.get(EventState::Dead) > 0 {
        Ending::Found
    } else {
        Ending::Done
    })
}
