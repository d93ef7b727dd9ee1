//! `deliveries`: the requests that came in: those that were refused, or those that delivered one event.

use serde_json::{Value, json};

use super::list::{open_current, print};
use super::{CommandError, Output};
use crate::app::Builder;
use crate::store::Delivery;

pub(super) async fn run(
    builder: &Builder,
    event: Option<&str>,
    limit: u32,
    output: Output,
) -> Result<(), CommandError> {
    for delivery in open_current(builder)
        .await?
        .deliveries(event, limit)
        .await?
    {
        if output.json {
            print(format_args!("{}", json(&delivery)))?;
        } else {
            print(format_args!("{}", line(&delivery)))?;
        }
    }
    Ok(())
}

pub(super) fn line(delivery: &Delivery) -> String {
    let sender = delivery.remote_address.as_deref().unwrap_or("-");
    let what = match (&delivery.reason, &delivery.remark) {
        (Some(reason), _) => format!("refused: {reason}"),
        (None, Some(remark)) => format!("accepted, but {remark}"),
        (None, None) => "accepted".to_owned(),
    };
    format!("{}  {sender:<15}  {what}", delivery.received_at)
}

/// The body of a refused delivery is text for whoever reads it, not for comparing bytes.
pub(super) fn json(delivery: &Delivery) -> Value {
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
        "headers": headers,
        "body": delivery.body.as_deref().map(String::from_utf8_lossy),
    })
}
