//! `reconcile`: stores events that Stripe has and the database lacks, once or periodically.

pub(super) mod periodic;
mod gaps;

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::account::AccountArgs;
use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::list::DEFAULT_LIMIT;
use super::output::{OutputArgs, print, warn};
use super::settings::{DatabaseArgs, MigrateArgs, StripeArgs};
use super::time::since;
use crate::app::Builder;
use crate::error::describe;
use crate::maintenance::reconcile::{ReconcileOptions, ScopeReport};
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Reconcile {
    /// Compare from this time on instead of resuming: 2d, 2026-01-31, 2026-01-31T12:00 or …+02:00; UTC
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    #[command(flatten)]
    accounts: AccountArgs,
    /// Store events that no receiver listens to as well
    #[arg(long)]
    all_events: bool,
    /// Skip events younger than this, whose delivery may be in progress
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1m", value_name = "DURATION")]
    min_age: Duration,
    /// Compare this much again each time, because events can appear late in Stripe's list
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1h", value_name = "DURATION")]
    overlap: Duration,
    /// List events that were found missing, newest first, instead of comparing
    #[arg(long, conflicts_with_all = ["accounts", "all_accounts", "all_events"])]
    gaps: bool,
    /// Show at most this many missing events
    #[arg(long, default_value_t = DEFAULT_LIMIT, requires = "gaps", value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    migrate: MigrateArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(
    builder: Builder,
    arguments: Reconcile,
) -> Result<ExitStatus, CommandError> {
    let Reconcile {
        since,
        limit,
        min_age,
        output,
        ..
    } = arguments;
    let builder = arguments.database.apply(builder);
    let builder = arguments.migrate.apply(builder);
    if arguments.gaps {
        let store = open_migrated(&builder).await?;
        return gaps::run(&store, since, limit, output).await;
    }

    let options = ReconcileOptions {
        since,
        own_account: arguments.accounts.own_account.clone(),
        accounts: arguments.accounts.into(),
        livemode: None,
        overlap: arguments.overlap,
        min_age,
        all_events: arguments.all_events,
    };
    let app = arguments
        .stripe
        .apply(builder)
        .workers_only()
        .build()
        .await?;
    let reconciled = app.reconcile(&options).await?;

    for scope in &reconciled.scopes {
        if output.json {
            print(scope_json(scope))?;
        } else {
            print_scope(scope, min_age)?;
        }
    }
    if !output.json && reconciled.missing() > 0 {
        print("`serve` and `work` process the missing events; `reconcile --gaps` lists them")?;
    }
    Ok(ExitStatus::problems_found(!reconciled.is_complete()))
}

fn print_scope(scope: &ScopeReport, min_age: Duration) -> std::io::Result<()> {
    let account = scope.account.as_deref().unwrap_or("platform");
    let mode = mode_name(scope.livemode);
    print(format_args!(
        "{account}  {mode}  since {}  {} listed  {} missing, stored now  {} requests",
        scope.from, scope.listed, scope.missing, scope.requests
    ))?;
    if scope.young > 0 {
        let min_age = humantime::format_duration(min_age);
        print(format_args!(
            "{account}  {mode}  {} younger than {min_age} skipped; `--min-age 0s` includes them",
            scope.young
        ))?;
    }

    if let Some((from, until)) = scope.lost {
        warn(format_args!(
            "{account} {mode}: events from {from} to {until} are lost, because Stripe keeps them for \
             30 days; `sync` brings the objects up to date"
        ));
    }
    if let Some(error) = &scope.error {
        warn(format_args!(
            "{account} {mode}: comparison stopped early: {}; the next run resumes it",
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
