//! `init-customers`: a customer at Stripe for each of the application's users.

use clap::Args;
use serde_json::json;

use super::list::print;
use super::{CommandError, Ending, Output};
use crate::app::Builder;
use crate::error::describe;
use crate::maintenance::init_customers::{InitOptions, InitReport, InitStep};

#[derive(Debug, Args)]
pub(super) struct InitCustomers {
    /// Only tell what would be done; nothing is asked of Stripe
    #[arg(long)]
    dry_run: bool,
    /// Only link customers that are mirrored already; nothing is asked of Stripe
    #[arg(long)]
    link_only: bool,
    /// Make at most this many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Look with Stripe's search for a customer that isn't mirrored before making one
    #[arg(long, conflicts_with_all = ["link_only", "dry_run"])]
    search: bool,
    /// In live mode instead of test mode
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(builder: Builder, init: InitCustomers) -> Result<Ending, CommandError> {
    let options = InitOptions {
        livemode: init.live,
        dry_run: init.dry_run,
        link_only: init.link_only,
        limit: init.limit,
        search: init.search,
        ..InitOptions::default()
    };
    let app = builder.workers_only().build().await?;
    // Whoever reads this may have gone; that doesn't stop what is under way, and the summary says so.
    let mut told = Ok(());
    let report = app
        .init_customers(&options, |step| {
            let line = if init.output.json {
                step_json(&step)
            } else {
                step_text(&step, init.dry_run)
            };
            if told.is_ok() {
                told = print(format_args!("{line}"));
            }
        })
        .await?;
    told?;
    summarize(&report, &init)?;
    Ok(if report.failed == 0 {
        Ending::Done
    } else {
        Ending::Found
    })
}

fn step_text(step: &InitStep<'_>, dry_run: bool) -> String {
    match step {
        InitStep::Linked { customer, user } => {
            format!(
                "{customer}  {} user {user}",
                if dry_run {
                    "would be linked to"
                } else {
                    "linked to"
                }
            )
        }
        InitStep::Found { customer, user } => {
            format!("{customer}  found at Stripe, linked to user {user}")
        }
        InitStep::Created {
            customer: Some(customer),
            user,
        } => format!("{customer}  made for user {user}"),
        InitStep::Created {
            customer: None,
            user,
        } => format!("user {user} would get a customer"),
        InitStep::Failed { user, error } => format!("user {user} has none: {}", describe(*error)),
    }
}

fn step_json(step: &InitStep<'_>) -> String {
    let (step, customer, user, error) = match step {
        InitStep::Linked { customer, user } => ("linked", Some(*customer), user, None),
        InitStep::Found { customer, user } => ("found", Some(*customer), user, None),
        InitStep::Created { customer, user } => ("created", *customer, user, None),
        InitStep::Failed { user, error } => ("failed", None, user, Some(describe(*error))),
    };
    json!({ "step": step, "customer": customer, "user": user, "error": error }).to_string()
}

fn summarize(report: &InitReport, init: &InitCustomers) -> std::io::Result<()> {
    let InitReport {
        linked,
        strangers,
        had,
        found,
        created,
        failed,
        ..
    } = *report;
    if init.output.json {
        return print(format_args!(
            "{}",
            json!({
                "step": "done",
                "dry_run": init.dry_run,
                "linked": linked,
                "strangers": strangers,
                "had": had,
                "found": found,
                "created": created,
                "failed": failed,
            })
        ));
    }
    let would = if init.dry_run { "would be " } else { "" };
    print(format_args!(
        "{would}linked {linked}, found {found}, made {created}; {had} had one, {failed} failed; {strangers} customers name no \
         user that there is"
    ))?;
    if failed > 0 {
        print(format_args!(
            "run it again when what failed is put right: users that have a customer are left alone"
        ))?;
    }
    Ok(())
}
