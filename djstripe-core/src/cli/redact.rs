//! `redact`: forgets a customer.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::audit::record;
use super::confirm::{ConfirmArgs, Proposal, confirm};
use super::count::separated;
use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::output::{self, OutputArgs, print};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::error::describe;
use crate::maintenance::redact::{ACTION, RedactOptions, RedactReport, redact};
use crate::store::Store;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Redact {
    #[command(subcommand)]
    person: Person,
}

#[derive(Debug, Subcommand)]
enum Person {
    /// Forget a customer and blank their objects, such as charges, invoices and payment methods
    Customer(Box<Customer>),
}

#[derive(Debug, Args)]
struct Customer {
    /// Id of the customer, such as cus_123
    id: String,
    /// A customer of this connected account [default: wherever the mirror has the customer]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// A customer of live mode [default: wherever the mirror has the customer]
    #[arg(long)]
    live: bool,
    /// A customer of test mode
    #[arg(long, conflicts_with = "live")]
    test: bool,
    /// Keep `metadata` and `description`
    #[arg(long)]
    keep_metadata: bool,
    /// Only count what would be blanked
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, redact: Redact) -> Result<ExitStatus, CommandError> {
    let Person::Customer(customer) = redact.person;
    forget(builder, *customer).await
}

async fn forget(builder: Builder, customer: Customer) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&customer.database.apply(builder)).await?;
    let mode = (customer.live || customer.test).then_some(customer.live);
    let options = RedactOptions {
        account: customer.account,
        livemode: mode,
        keep_metadata: customer.keep_metadata,
        dry_run: customer.dry_run,
        ..RedactOptions::new(customer.id)
    };

    if !options.dry_run && !customer.confirm.yes {
        let counting = RedactOptions {
            dry_run: true,
            ..options.clone()
        };
        let found = redact(&store, &counting).await?;
        confirm(&proposal(&counting, &found), customer.confirm)?;
    }
    let report = if options.dry_run {
        redact(&store, &options).await?
    } else {
        redact_recorded(&store, &options).await?
    };

    if customer.output.json {
        print(report_json(&options, &report))?;
    } else {
        for line in lines(&options, &report) {
            print(line)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Redacts, and records that this has begun, and how it ended.
async fn redact_recorded(
    store: &Store,
    options: &RedactOptions,
) -> Result<RedactReport, CommandError> {
    let record = async |detail| record(store, ACTION, options.subject(), Some(detail)).await;
    record(options.begun()).await?;
    match redact(store, options).await {
        Ok(report) => {
            record(format!("finished: blanked {report}")).await?;
            Ok(report)
        }
        Err(error) => {
            // What failed is told, whether it can be recorded or not.
            if let Err(unrecorded) = record(format!("failed: {}", describe(&error))).await {
                output::report("error", describe(unrecorded.as_ref()));
            }
            Err(error.into())
        }
    }
}

/// Always asked, as it can't be undone.
fn proposal(options: &RedactOptions, found: &RedactReport) -> Proposal {
    let mut lines = lines(options, found);
    lines.push("this can't be undone, and changes nothing at Stripe".to_owned());
    Proposal {
        lines,
        is_much: true,
    }
}

fn lines(options: &RedactOptions, report: &RedactReport) -> Vec<String> {
    let done = if options.dry_run {
        "would blank"
    } else {
        "blanked"
    };
    let of = match &*report.account {
        "" => String::new(),
        account => format!(" of {account}"),
    };
    let (customer, mode) = (&options.customer, mode_name(report.livemode));

    let tables = report.rows.iter();
    let mut lines: Vec<String> = tables
        .map(|(table, rows)| format!("{table}: {}", separated(*rows)))
        .collect();
    lines.push(format!("{customer}{of} ({mode}): {done} {report}"));
    lines
}

fn report_json(options: &RedactOptions, report: &RedactReport) -> Value {
    let rows = report.rows.iter();
    let rows: Map<String, Value> = rows
        .map(|(table, rows)| ((*table).to_owned(), json!(rows)))
        .collect();
    json!({
        "customer": options.customer,
        "account": report.account,
        "livemode": report.livemode,
        "keep_metadata": options.keep_metadata,
        "dry_run": options.dry_run,
        "rows": rows,
        "versions": report.versions,
        "events": report.events,
        "deliveries": report.deliveries,
        "effects": report.effects,
        "errors": report.errors,
        "fields": report.fields,
    })
}
