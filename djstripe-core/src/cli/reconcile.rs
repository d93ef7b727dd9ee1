//! `reconcile`: events that Stripe has and this database lacks; and the same every few minutes beside `serve` and `work`.

use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::events::since;
use super::list::{open_current, print};
use super::{AccountArgs, CommandError, Ending, Misuse, Output};
use crate::app::{Builder, Djstripe};
use crate::error::describe;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::reconcile::{ReconcileError, ReconcileOptions, ScopeReport};
use crate::store::GapFilter;
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Reconcile {
    /// Begin here instead of where the last comparison came to: 2d, or 2026-01-31T12:00:00Z; Stripe keeps 30 days
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    #[command(flatten)]
    accounts: AccountArgs,
    /// Also events that no receiver listens to
    #[arg(long)]
    all_events: bool,
    /// Leave younger events to their deliveries
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1m", value_name = "TIME")]
    min_age: Duration,
    /// How late an event may show up in Stripe's list: so much is compared once more each time
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1h", value_name = "TIME")]
    overlap: Duration,
    /// Only list events that were found missing, those found last first
    #[arg(long, conflicts_with_all = ["accounts", "all_accounts", "all_events"])]
    gaps: bool,
    /// At most this many of them
    #[arg(long, default_value_t = 100, requires = "gaps")]
    limit: u32,
    #[command(flatten)]
    output: Output,
}

/// Comparing beside `serve` and `work`.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Regularly {
    /// Look every so often for events that Stripe didn't deliver, and process them: 5m
    #[arg(long, value_parser = humantime::parse_duration, env = "DJSTRIPE_RECONCILE", value_name = "INTERVAL")]
    reconcile: Option<Duration>,
    /// Also for those of every connected account
    #[arg(long, requires = "reconcile")]
    reconcile_accounts: bool,
}

impl Regularly {
    /// Refuses what can't be done before anything is begun.
    pub(super) fn check(&self, app: &Djstripe) -> Result<(), CommandError> {
        match self.reconcile {
            Some(interval) if interval < Duration::from_secs(1) => Err(Misuse(
                "--reconcile asks Stripe each time; give at least 1s, better 5m".to_owned(),
            )
            .into()),
            Some(_) if app.client().is_none() => Err(ReconcileError::NoClient.into()),
            _ => Ok(()),
        }
    }

    /// Compares until `stopped` turns true, or the returned set is dropped.
    pub(super) fn start(self, app: &Djstripe, stopped: watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        if let Some(interval) = self.reconcile {
            let accounts = if self.reconcile_accounts {
                AccountScope::All
            } else {
                AccountScope::Platform
            };
            let options = ReconcileOptions {
                accounts,
                ..ReconcileOptions::default()
            };
            let app = app.clone();
            tasks.spawn(async move { app.reconcile_every(interval, &options, stopped).await });
        }
        tasks
    }
}

pub(super) async fn run(builder: Builder, reconcile: Reconcile) -> Result<Ending, CommandError> {
    if reconcile.gaps {
        return gaps(&builder, &reconcile).await;
    }
    let options = ReconcileOptions {
        since: reconcile.since,
        accounts: reconcile.accounts.into(),
        livemode: None,
        overlap: reconcile.overlap,
        min_age: reconcile.min_age,
        all_events: reconcile.all_events,
    };
    let app = builder.workers_only().build().await?;
    let reconciled = app.reconcile(&options).await?;
    for scope in &reconciled.scopes {
        if reconcile.output.json {
            print(format_args!("{}", scope_json(scope)))?;
        } else {
            tell(scope, reconcile.min_age)?;
        }
    }
    if !reconcile.output.json && reconciled.missing() > 0 {
        print(format_args!(
            "`serve` and `work` process them; `reconcile --gaps` lists them"
        ))?;
    }
    Ok(if reconciled.is_complete() {
        Ending::Done
    } else {
        Ending::Found
    })
}

fn tell(scope: &ScopeReport, min_age: Duration) -> std::io::Result<()> {
    let whose = scope.account.as_deref().unwrap_or("platform");
    let mode = mode_name(scope.livemode);
    print(format_args!(
        "{whose}  {mode}  since {}  {} listed  {} missing, stored now  {} requests",
        scope.from, scope.listed, scope.missing, scope.requests
    ))?;
    if scope.young > 0 {
        print(format_args!(
            "{whose}  {mode}  {} younger than {} left to their deliveries; `--min-age 0s` takes them too",
            scope.young,
            humantime::format_duration(min_age)
        ))?;
    }
    if let Some((from, until)) = scope.lost {
        super::warn(&format!(
            "{whose} {mode}: Stripe keeps events for 30 days; those from {from} to {until} are lost; `sync` brings the \
             objects up to date"
        ));
    }
    if let Some(error) = &scope.error {
        super::warn(&format!(
            "{whose} {mode}: not compared to the end: {}; the next run goes on there",
            describe(error)
        ));
    }
    Ok(())
}

fn scope_json(scope: &ScopeReport) -> serde_json::Value {
    json!({
        "account": scope.account,
        "livemode": scope.livemode,
        "from": scope.from.to_string(),
        "requests": scope.requests,
        "listed": scope.listed,
        "missing": scope.missing,
        "young": scope.young,
        "lost_from": scope.lost.map(|(from, _)| from.to_string()),
        "lost_until": scope.lost.map(|(_, until)| until.to_string()),
        "error": scope.error.as_ref().map(|error| describe(error)),
    })
}

/// Ends with 1 if events are lost for good.
async fn gaps(builder: &Builder, asked: &Reconcile) -> Result<Ending, CommandError> {
    let store = open_current(builder).await?;
    let filter = GapFilter {
        since: asked.since,
        limit: Some(asked.limit),
    };
    for gap in store.gaps(&filter).await? {
        let created = Timestamp::from_seconds(gap.created);
        let account = Some(&*gap.account).filter(|account| !account.is_empty());
        if asked.output.json {
            print(format_args!(
                "{}",
                json!({
                    "id": gap.event_id,
                    "account": account,
                    "livemode": gap.livemode,
                    "name": gap.name,
                    "created": created.to_string(),
                    "found_at": gap.found_at.to_string(),
                    "delivered_at": gap.delivered_at.map(|at| at.to_string()),
                })
            ))?;
        } else {
            let whose = account.unwrap_or("platform");
            let delivered = gap.delivered_at.map_or_else(
                || "never delivered".to_owned(),
                |at| format!("delivered {at}"),
            );
            print(format_args!(
                "{}  {}  {whose}  created {created}  found {}  {delivered}",
                gap.event_id, gap.name, gap.found_at
            ))?;
        }
    }
    let lost = store
        .reconciliations()
        .await?
        .into_iter()
        .filter_map(|scope| Some((scope.account, scope.lost?)));
    let mut ending = Ending::Done;
    for (account, (from, until)) in lost {
        let whose = if account.is_empty() {
            "the platform"
        } else {
            &*account
        };
        super::warn(&format!(
            "events of {whose} from {from} to {until} are lost: Stripe didn't keep them so long"
        ));
        ending = Ending::Found;
    }
    Ok(ending)
}
