//! `stats`: events and effects by state, the backlog, waiting links, and runs by receiver.

use clap::Args;
use serde_json::{Value, json};

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::output::{OutputArgs, print};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::{EffectState, EventState};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct Stats {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: Stats) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&arguments.database.apply(builder)).await?;
    let counts = store.state_counts().await?;
    let backlog = store.backlog().await?;
    let runs = store.run_counts().await?;
    let effects = store.effect_counts().await?;
    let waiting = store.waiting_links().await?;

    let oldest_seconds = backlog
        .oldest_pending
        .map(|oldest| (Timestamp::now().micros() - oldest.micros()).max(0) / 1_000_000);
    let are_dead = counts.get(EventState::Dead) > 0 || effects.get(EffectState::Dead) > 0;
    let status = ExitStatus::problems_found(are_dead);

    if arguments.output.json {
        let events: Value = EventState::ALL
            .into_iter()
            .map(|state| (state.as_str(), counts.get(state)))
            .collect();
        let effects: Value = EffectState::ALL
            .into_iter()
            .map(|state| (state.as_str(), effects.get(state)))
            .collect();
        let receivers = runs.iter().map(|run| {
            json!({
                "receiver": run.receiver,
                "succeeded": run.succeeded,
                "failed": run.failed,
            })
        });
        print(json!({
            "events": events,
            "effects": effects,
            "oldest_pending_seconds": oldest_seconds,
            "unattended_since": backlog.unattended_since.map(|time| time.to_string()),
            "paused_since": backlog.paused_since.map(|time| time.to_string()),
            "waiting_links": waiting.count,
            "receivers": receivers.collect::<Value>(),
        }))?;
        return Ok(status);
    }

    for state in EventState::ALL {
        print(format_args!("{:>10}  {state}", counts.get(state)))?;
    }
    if let Some(seconds) = oldest_seconds {
        print(format_args!(
            "the oldest pending event has waited {seconds} s"
        ))?;
    }
    if let Some(since) = backlog.unattended_since {
        print(format_args!(
            "no worker of any process takes the events that wait, the oldest since {since}"
        ))?;
    }
    if let Some(since) = backlog.paused_since {
        print(format_args!("paused since {since}"))?;
    }

    for state in EffectState::ALL {
        print(format_args!("{:>10}  effects {state}", effects.get(state)))?;
    }
    if let Some(oldest) = waiting.oldest {
        print(format_args!(
            "{:>10}  customers wait for their users, the oldest since {oldest}",
            waiting.count
        ))?;
    }
    for run in &runs {
        print(format_args!(
            "{:>10} succeeded  {:>6} failed  {}",
            run.succeeded, run.failed, run.receiver
        ))?;
    }
    Ok(status)
}
