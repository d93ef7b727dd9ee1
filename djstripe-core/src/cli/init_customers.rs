//! `init-customers`: a customer at Stripe for each user of the application.

use clap::Args;
use serde_json::json;

use super::exit::{CommandError, ExitStatus};
use super::output::{OutputArgs, Printer, print};
use super::settings::{DatabaseArgs, MigrateArgs, StripeArgs};
use crate::app::Builder;
use crate::error::describe;
use crate::maintenance::init_customers::{InitOptions, InitReport, InitStep};

#[derive(Debug, Args)]
pub(super) struct InitCustomers {
    /// Show what would be done; send no request to Stripe
    #[arg(long)]
    dry_run: bool,
    /// Link mirrored customers only; send no request to Stripe
    #[arg(long)]
    link_only: bool,
    /// Create at most this many customers
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Search Stripe for a customer that is not mirrored before creating one
    #[arg(long, conflicts_with_all = ["link_only", "dry_run"])]
    search: bool,
    /// Of several Stripe accounts of your own, create the customers in this one
    #[arg(long, value_name = "ACCOUNT")]
    own_account: Option<String>,
    /// Use live mode instead of test mode
    #[arg(long)]
    live: bool,
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
    arguments: InitCustomers,
) -> Result<ExitStatus, CommandError> {
    let InitCustomers {
        dry_run, output, ..
    } = arguments;
    let options = InitOptions {
        livemode: arguments.live,
        own_account: arguments.own_account,
        dry_run,
        link_only: arguments.link_only,
        limit: arguments.limit,
        search: arguments.search,
        ..InitOptions::default()
    };
    let builder = arguments.migrate.apply(arguments.database.apply(builder));
    let builder = arguments.stripe.apply(builder);
    let app = builder.workers_only().build().await?;

    let mut printer = Printer::new();
    let report = app
        .init_customers(&options, |step| {
            printer.line(if output.json {
                step_json(&step)
            } else {
                step_line(&step, dry_run)
            });
        })
        .await?;
    printer.finish()?;

    if output.json {
        print_json_summary(&report, dry_run)?;
    } else {
        print_summary(&report, dry_run)?;
    }
    Ok(ExitStatus::problems_found(report.failed > 0))
}

fn step_line(step: &InitStep<'_>, dry_run: bool) -> String {
    match step {
        InitStep::Linked { customer, user } if dry_run => {
            format!("{customer}  would be linked to user {user}")
        }
        InitStep::Linked { customer, user } => format!("{customer}  linked to user {user}"),
        InitStep::Found { customer, user } => {
            format!("{customer}  found at Stripe, linked to user {user}")
        }
        InitStep::Created {
            customer: Some(customer),
            user,
        } => format!("{customer}  created for user {user}"),
        InitStep::Created {
            customer: None,
            user,
        } => format!("a customer would be created for user {user}"),
        InitStep::Failed { user, error } => {
            format!("no customer for user {user}: {}", describe(*error))
        }
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

fn print_json_summary(report: &InitReport, dry_run: bool) -> std::io::Result<()> {
    print(json!({
        "step": "done",
        "dry_run": dry_run,
        "linked": report.linked,
        "strangers": report.unknown_users,
        "had": report.existing,
        "found": report.found,
        "created": report.created,
        "failed": report.failed,
    }))
}

fn print_summary(report: &InitReport, dry_run: bool) -> std::io::Result<()> {
    let InitReport {
        linked,
        unknown_users,
        existing,
        found,
        created,
        failed,
        ..
    } = *report;
    let prefix = if dry_run { "dry run: " } else { "" };
    print(format_args!(
        "{prefix}{linked} linked, {found} found, {created} created; {existing} had a customer, {failed} failed"
    ))?;

    if unknown_users > 0 {
        print(format_args!(
            "{unknown_users} customers name a user that doesn't exist"
        ))?;
    }
    if failed > 0 {
        print(
            "fix the failures and run the command again; users that have a customer are skipped",
        )?;
    }
    Ok(())
}
