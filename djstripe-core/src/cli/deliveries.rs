//! `deliveries`: refused deliveries, or all deliveries of one event.

use clap::Args;
use serde_json::{Value, json};

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::list::{self, DEFAULT_LIMIT};
use super::output::OutputArgs;
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::DeliveryRecord;

#[derive(Debug, Args)]
pub(super) struct Deliveries {
    /// Show the deliveries of this event instead
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Show the deliveries after the one with this id, which is the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<i64>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(
    builder: Builder,
    arguments: Deliveries,
) -> Result<ExitStatus, CommandError> {
    let Deliveries {
        event,
        after,
        limit,
        database,
        output,
    } = arguments;
    let store = open_migrated(&database.apply(builder)).await?;
    let event = event.as_deref();
    let deliveries = store
        .deliveries_after(event, after.unwrap_or(i64::MAX), list::one_more(limit))
        .await?;

    let line = |delivery: &DeliveryRecord| {
        Ok(if output.json {
            to_json(delivery).to_string()
        } else {
            list::shortened(&line(delivery))
        })
    };
    list::print_page(&deliveries, limit, "deliveries", line, async |last| {
        let limit = list::one_more(list::MOST_COUNTED);
        let all = store.count_deliveries(event, limit).await?;
        Ok((all, last.id.to_string()))
    })
    .await?;
    Ok(ExitStatus::Success)
}

pub(super) fn line(delivery: &DeliveryRecord) -> String {
    let sender = delivery.remote_address.as_deref().unwrap_or("-");
    let outcome = match (&delivery.reason, &delivery.remark) {
        (Some(reason), _) => format!("refused: {reason}"),
        (None, Some(remark)) => format!("accepted, but {remark}"),
        (None, None) => "accepted".to_owned(),
    };
    let endpoint = delivery.endpoint.as_deref();
    let endpoint = endpoint.map_or(String::new(), |id| format!("  at endpoint {id}"));
    format!(
        "{}  {sender:<15}  {outcome}{endpoint}",
        delivery.received_at
    )
}

/// The body is printed for reading: bytes that are not UTF-8 are replaced.
pub(super) fn to_json(delivery: &DeliveryRecord) -> Value {
    let headers = delivery
        .headers
        .as_deref()
        .and_then(|headers| serde_json::from_str::<Value>(headers).ok());
    json!({
        "id": delivery.id,
        "received_at": delivery.received_at.to_string(),
        "event_id": delivery.event_id,
        "reason": delivery.reason,
        "remark": delivery.remark,
        "remote_address": delivery.remote_address,
        "endpoint": delivery.endpoint,
        "headers": headers,
        "body": delivery.body.as_deref().map(String::from_utf8_lossy),
    })
}
