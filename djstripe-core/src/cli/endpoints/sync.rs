//! `endpoints sync`: makes the endpoints at Stripe match the database and the receivers.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::at_stripe;
use super::parts::gone;
use super::problems::unsent;
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::endpoint::{Endpoint, differences};

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// Sync these endpoints only
    ids: Vec<Uuid>,
    /// Show the differences without changing anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Sync) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, arguments.tools, arguments.events).await?;
    let all = all_endpoints(&tools.store).await?;
    let endpoints = match &*arguments.ids {
        [] => all.clone(),
        ids => {
            let mut endpoints = Vec::with_capacity(ids.len());
            for id in ids {
                endpoints.push(tools.endpoint(*id).await?);
            }
            endpoints
        }
    };

    let output = arguments.output;
    let mut remaining = 0;
    for endpoint in endpoints {
        let events = tools.events_of(&endpoint, &all);
        let unsent = unsent(&endpoint, &all, &events);
        let (id, stripe_id) = (endpoint.id, endpoint.stripe_id.clone());
        let mut synced = sync(&tools, endpoint, &events, arguments.dry_run, output).await?;
        if let Some(unsent) = unsent {
            if !output.json {
                print(format_args!("{id}  {unsent}"))?;
            }
            synced.problems.push(unsent);
        }

        remaining += synced.problems.len();
        if output.json {
            print(json!({
                "id": id.to_string(),
                "stripe_id": stripe_id,
                "outcome": synced.outcome,
                "differences": synced.differences,
                "problems": synced.problems,
            }))?;
        }
    }
    if remaining == 0 {
        Ok(ExitStatus::Success)
    } else {
        Err(format!("{remaining} differences can't be synced; see above").into())
    }
}

/// What became of one endpoint.
struct Synced {
    outcome: &'static str,
    /// Those that are synced, or would be.
    differences: Vec<String>,
    /// Those that can't be synced.
    problems: Vec<String>,
}

impl Synced {
    fn nothing(outcome: &'static str, problems: Vec<String>) -> Self {
        Self {
            outcome,
            differences: Vec::new(),
            problems,
        }
    }
}

fn texts<T: ToString>(values: Vec<&T>) -> Vec<String> {
    values.into_iter().map(ToString::to_string).collect()
}

async fn sync(
    tools: &Tools,
    mut endpoint: Endpoint,
    events: &[String],
    dry_run: bool,
    output: OutputArgs,
) -> Result<Synced, CommandError> {
    let id = endpoint.id;
    let say = |line: &str| match output.json {
        true => Ok(()),
        false => print(format_args!("{id}  {line}")),
    };
    let client = tools.client(&endpoint)?;
    let Some(stripe_id) = endpoint.stripe_id.clone() else {
        say("created at Stripe by hand, skipped")?;
        return Ok(Synced::nothing("skipped", Vec::new()));
    };
    let Some(found) = at_stripe::fetch(client, &endpoint, &stripe_id).await? else {
        let gone = gone(&stripe_id);
        say(&gone)?;
        return Ok(Synced::nothing("gone", vec![gone]));
    };

    if events.is_empty() && endpoint.enabled {
        let message = "no receiver needs an event that can be sent to it; disable or delete it";
        say(message)?;
        return Ok(Synced::nothing("not_needed", vec![message.to_owned()]));
    }

    let differences = differences(&endpoint, &found, events);
    for difference in &differences {
        say(&difference.to_string())?;
    }
    let (can_be_synced, problems): (Vec<_>, Vec<_>) =
        differences.iter().partition(|it| it.can_be_synced());
    let has_changed = !can_be_synced.is_empty();
    let mut synced = Synced {
        outcome: "in_sync",
        differences: texts(can_be_synced),
        problems: texts(problems),
    };
    if dry_run {
        if differences.is_empty() {
            say(&format!("{stripe_id} in sync"))?;
        } else {
            synced.outcome = "differs";
        }
        return Ok(synced);
    }

    let current = if has_changed {
        at_stripe::update(client, &endpoint, &stripe_id, events).await?
    } else {
        found
    };
    if endpoint.events != current.enabled_events || endpoint.api_version != current.api_version {
        endpoint.events = current.enabled_events;
        endpoint.api_version = current.api_version;
        tools.update(&endpoint).await?;
    }

    if has_changed {
        let detail = synced.differences.join("; ");
        record(&tools.store, "endpoints sync", id, Some(detail)).await?;
    }
    let outcome = if has_changed { "changed" } else { "in sync" };
    say(&format!("{stripe_id} {outcome}"))?;
    if has_changed {
        synced.outcome = "changed";
    } else if !synced.problems.is_empty() {
        synced.outcome = "differs";
    }
    Ok(synced)
}
