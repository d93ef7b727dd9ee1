//! `reconcile --gaps`: events that were found missing, and periods whose events are lost.

use serde_json::{Value, json};

use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list;
use crate::cli::output::{OutputArgs, warn};
use crate::store::{Gap, Store};
use crate::timestamp::Timestamp;

/// Lists gaps, and reports problems if events are lost for good.
pub(super) async fn run(
    store: &Store,
    since: Option<Timestamp>,
    limit: u32,
    output: OutputArgs,
) -> Result<ExitStatus, CommandError> {
    let gaps = store.gaps(since, list::one_more(limit)).await?;
    list::print_rows(&gaps, limit, "events", |gap| {
        Ok(if output.json {
            gap_json(gap).to_string()
        } else {
            gap_line(gap)
        })
    })?;

    let mut status = ExitStatus::Success;
    for scope in store.reconciliations().await? {
        let Some((from, until)) = scope.lost else {
            continue;
        };
        let account = account(&scope.account).unwrap_or("the platform");
        warn(format_args!(
            "events of {account} from {from} to {until} are lost: Stripe no longer keeps them"
        ));
        status = ExitStatus::ProblemsFound;
    }
    Ok(status)
}

fn gap_line(gap: &Gap) -> String {
    let account = account(&gap.account).unwrap_or("platform");
    let created = Timestamp::from_seconds(gap.created);
    let delivered = gap.delivered_at.map_or_else(
        || "never delivered".to_owned(),
        |at| format!("delivered {at}"),
    );
    format!(
        "{}  {}  {account}  created {created}  found {}  {delivered}",
        gap.event_id, gap.name, gap.found_at
    )
}

fn gap_json(gap: &Gap) -> Value {
    json!({
        "id": gap.event_id,
        "account": account(&gap.account),
        "livemode": gap.livemode,
        "name": gap.name,
        "created": Timestamp::from_seconds(gap.created).to_string(),
        "found_at": gap.found_at.to_string(),
        "delivered_at": gap.delivered_at.map(|at| at.to_string()),
    })
}

/// The store writes the platform's own account as an empty string.
fn account(account: &str) -> Option<&str> {
    Some(account).filter(|account| !account.is_empty())
}
