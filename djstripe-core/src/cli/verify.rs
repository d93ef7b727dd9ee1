//! `verify`: compares the mirror with Stripe, and sums up the money at risk.

use clap::Args;
use serde_json::{Map, Value, json};

use super::account::AccountArgs;
use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus, Incomplete};
use super::output::{OutputArgs, Printer, print};
use super::settings::{DatabaseArgs, StripeArgs};
use crate::app::Builder;
use crate::maintenance::verify::{Finding, Skipped, VerifyOptions, VerifySummary};
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Compare these types only, such as customer or checkout.session [default: all that Stripe lists]
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    #[command(flatten)]
    accounts: AccountArgs,
    /// Compare a random sample: at most this many rows and listed objects of each type
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Write Stripe's state over what is wrong, and mark objects that Stripe lacks as deleted
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, verify: Verify) -> Result<ExitStatus, CommandError> {
    compare(builder, verify).await.map_err(Incomplete::wrap)
}

async fn compare(builder: Builder, verify: Verify) -> Result<ExitStatus, CommandError> {
    let builder = verify.stripe.apply(verify.database.apply(builder));
    // Building the app runs migrations, which a command that compares must not do.
    drop(open_migrated(&builder).await?);
    let app = builder.workers_only().build().await?;
    let options = VerifyOptions {
        objects: verify.objects,
        own_account: verify.accounts.own_account.clone(),
        accounts: verify.accounts.into(),
        sample: verify.sample,
        repair: verify.repair,
        ..VerifyOptions::default()
    };

    let json = verify.output.json;
    let mut printer = Printer::new();
    let summary = app
        .verify(&options, |finding: &Finding| {
            printer.line(if json {
                finding_json(finding).to_string()
            } else {
                finding.to_string()
            });
        })
        .await?;
    printer.finish()?;

    if json {
        print(summary_json(&summary))?;
    } else {
        for line in summary_lines(&summary, options.repair) {
            print(line)?;
        }
    }
    Ok(ExitStatus::problems_found(
        summary.unrepaired() > 0 || !summary.is_complete(),
    ))
}

fn finding_json(finding: &Finding) -> Value {
    let money = finding
        .money
        .as_ref()
        .map(|money| json!({ "amount": money.amount, "currency": money.currency }));
    json!({
        "finding": finding.kind.as_str(),
        "object": finding.object,
        "id": finding.id,
        "account": finding.account,
        "livemode": finding.livemode,
        "fields": finding.fields,
        "at_risk": money,
        "repaired": finding.repaired,
        "link": finding.link,
    })
}

fn summary_json(summary: &VerifySummary) -> Value {
    let types = summary.types.iter().map(|(object, counts)| {
        let counts = json!({
            "compared": counts.compared,
            "rows": counts.rows,
            "missing": counts.missing,
            "differing": counts.differing,
            "extra": counts.extra,
            "incomplete": counts.incomplete,
            "repaired": counts.repaired,
            "undecided": counts.undecided,
            "redacted": counts.redacted,
        });
        ((*object).to_owned(), counts)
    });
    let at_risk = summary.at_risk.iter().map(|((object, currency), amount)| {
        json!({ "object": object, "currency": currency, "amount": amount })
    });
    let skipped = summary.skipped.iter().map(|skipped| {
        json!({
            "object": skipped.object,
            "account": skipped.account,
            "livemode": skipped.livemode,
            "reason": skipped.reason,
            "omission": skipped.is_omission,
        })
    });

    json!({
        "summary": {
            "types": types.collect::<Map<String, Value>>(),
            "at_risk": at_risk.collect::<Value>(),
            "skipped": skipped.collect::<Value>(),
            "widened": summary.widened,
            "found": summary.found(),
            "left": summary.unrepaired(),
            "requests": summary.requests,
        }
    })
}

fn summary_lines(summary: &VerifySummary, repair: bool) -> Vec<String> {
    let mut lines: Vec<String> = summary.skipped.iter().map(skipped_line).collect();
    lines.extend(summary.widened.iter().map(|object| {
        format!(
            "{object}: the sample is the start of the list, as Stripe refuses the parameter `created`"
        )
    }));

    for (object, counts) in &summary.types {
        if counts.compared == 0 && counts.undecided == 0 && counts.redacted == 0 {
            continue;
        }
        let sample = counts
            .rows
            .map_or(String::new(), |rows| format!(", a sample of {rows} rows"));
        let undecided = match counts.undecided {
            0 => String::new(),
            count => format!(", {count} undecided: they were changing or can't be retrieved"),
        };
        let redacted = match counts.redacted {
            0 => String::new(),
            count => format!(", {count} redacted"),
        };
        lines.push(format!(
            "{object}: {} compared, {} missing, {} differing, {} extra, {} incomplete, \
             {} repaired{redacted}{undecided}{sample}",
            counts.compared,
            counts.missing,
            counts.differing,
            counts.extra,
            counts.incomplete,
            counts.repaired
        ));
    }

    for ((object, currency), amount) in &summary.at_risk {
        lines.push(format!(
            "at risk    {object}: {amount} {currency}, in the smallest currency unit"
        ));
    }

    lines.push(match (summary.found(), summary.unrepaired()) {
        (0, _) if !summary.is_complete() => format!(
            "nothing is wrong in what was read; {} requests",
            summary.requests
        ),
        (0, _) => format!("nothing is wrong; {} requests", summary.requests),
        (found, 0) => format!("{found} found, all repaired; {} requests", summary.requests),
        (found, left) if repair => {
            format!(
                "{found} found, {left} could not be repaired; see `objects` and the links above"
            )
        }
        (found, _) => format!("{found} found; `verify --repair` writes Stripe's state"),
    });
    lines
}

fn skipped_line(skipped: &Skipped) -> String {
    let Skipped {
        object,
        account,
        livemode,
        reason,
        is_omission,
    } = skipped;
    let word = if *is_omission { "not read" } else { "skipped" };
    let account = if account.is_empty() {
        String::new()
    } else {
        format!(" of {account}")
    };
    format!(
        "{word:<9}  {object}{account} ({}): {reason}",
        mode_name(*livemode)
    )
}
