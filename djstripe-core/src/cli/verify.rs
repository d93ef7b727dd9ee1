//! `verify`: what is not in the mirror as it is at Stripe, with the money that is at risk.

use clap::Args;
use serde_json::{Value, json};

use super::list::{open_current, print};
use super::{AccountArgs, CommandError, Ending, Output, Undone};
use crate::app::Builder;
use crate::maintenance::verify::{Finding, Skipped, VerifyOptions, VerifySummary};
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Only these types, customer or checkout.session [default: all that Stripe lists]
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    #[command(flatten)]
    accounts: AccountArgs,
    /// Only so many rows and so many listed objects of each type, taken by chance
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Write what Stripe says over what is wrong; what Stripe has no more becomes a tombstone
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(builder: Builder, verify: Verify) -> Result<Ending, CommandError> {
    compare(builder, verify)
        .await
        .map_err(|error| Undone(error).into())
}

async fn compare(builder: Builder, verify: Verify) -> Result<Ending, CommandError> {
    // Building migrates, which nobody expects of this.
    drop(open_current(&builder).await?);
    let app = builder.workers_only().build().await?;
    let options = VerifyOptions {
        objects: verify.objects,
        accounts: verify.accounts.into(),
        sample: verify.sample,
        repair: verify.repair,
        ..VerifyOptions::default()
    };
    let output = verify.output;
    let mut printed = Ok(());
    let tell = |finding: &Finding| {
        let line = if output.json {
            finding_json(finding).to_string()
        } else {
            finding.to_string()
        };
        if printed.is_ok() {
            printed = print(format_args!("{line}"));
        }
    };
    let summary = app.verify(&options, tell).await?;
    printed?;
    if output.json {
        print(format_args!("{}", summary_json(&summary)))?;
    } else {
        for line in summary_lines(&summary, options.repair) {
            print(format_args!("{line}"))?;
        }
    }
    Ok(if summary.left() == 0 {
        Ending::Done
    } else {
        Ending::Found
    })
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
    let types = summary.types.iter().map(|(object, of)| {
        let counts = json!({
            "compared": of.compared,
            "rows": of.rows,
            "missing": of.missing,
            "differing": of.differing,
            "extra": of.extra,
            "repaired": of.repaired,
            "undecided": of.undecided,
        });
        ((*object).to_owned(), counts)
    });
    let at_risk = summary
        .at_risk
        .iter()
        .map(|((object, currency), amount)| json!({ "object": object, "currency": currency, "amount": amount }));
    let skipped = |skipped: &Skipped| {
        json!({
            "object": skipped.object,
            "account": skipped.account,
            "livemode": skipped.livemode,
            "reason": skipped.reason,
        })
    };
    json!({
        "summary": {
            "types": types.collect::<serde_json::Map<String, Value>>(),
            "at_risk": at_risk.collect::<Value>(),
            "skipped": summary.skipped.iter().map(skipped).collect::<Value>(),
            "found": summary.found(),
            "left": summary.left(),
            "requests": summary.requests,
        }
    })
}

fn summary_lines(summary: &VerifySummary, repair: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for Skipped {
        object,
        account,
        livemode,
        reason,
    } in &summary.skipped
    {
        let mode = mode_name(*livemode);
        let of = if account.is_empty() {
            String::new()
        } else {
            format!(" of {account}")
        };
        lines.push(format!("skipped    {object}{of} ({mode}): {reason}"));
    }
    for (object, of) in summary
        .types
        .iter()
        .filter(|(_, of)| of.compared > 0 || of.undecided > 0)
    {
        let share = of.rows.map_or(String::new(), |rows| {
            format!(", a sample: there are {rows} rows")
        });
        let undecided = match of.undecided {
            0 => String::new(),
            count => format!(", {count} undecided: they were changing, or can't be asked for"),
        };
        lines.push(format!(
            "{object}: {} compared, {} missing, {} differing, {} extra, {} repaired{undecided}{share}",
            of.compared, of.missing, of.differing, of.extra, of.repaired
        ));
    }
    for ((object, currency), amount) in &summary.at_risk {
        lines.push(format!(
            "at risk    {object}: {amount} {currency}, in its smallest unit"
        ));
    }
    lines.push(match (summary.found(), summary.left()) {
        (0, _) => format!("nothing is wrong; {} requests", summary.requests),
        (found, 0) => format!("{found} found, all repaired; {} requests", summary.requests),
        (found, left) if repair => {
            format!("{found} found, {left} could not be repaired: look at them with `objects` and at the links above")
        }
        (found, _) => format!("{found} found; `verify --repair` writes what Stripe has"),
    });
    lines
}
