//! Synthetic events: one for each listed object that a receiver takes on backfill. Does no IO.
//!
//! They are stored in the transaction that stores the objects, and are processed like all events.
//! Their ids contain the run of the list that made them: a resumed run makes no event twice, and a
//! new run calls the receivers again.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::message::ListRun;
use crate::store::NewEvent;
use crate::timestamp::Timestamp;
use crate::webhook::event::{DecodeError, Event};
use crate::webhook::event_name::BACKFILLED;

#[derive(Serialize)]
struct Body<'a> {
    id: String,
    object: &'static str,
    r#type: String,
    api_version: &'static str,
    created: i64,
    livemode: bool,
    account: Option<&'a str>,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    object: &'a RawValue,
}

/// The event that carries an object to its receivers.
///
/// # Errors
/// If `json` is not JSON.
pub(super) fn event(
    run: &ListRun,
    object: &str,
    id: &str,
    json: &str,
) -> Result<NewEvent, DecodeError> {
    let now = Timestamp::now();
    let connected = Some(&*run.key.account).filter(|account| *account != run.own_account);
    let body = Body {
        id: format!("backfill_{}_{id}", run.run_id),
        object: "event",
        r#type: format!("{object}.{BACKFILLED}"),
        api_version: crate::webhook::API_VERSION,
        created: now.seconds(),
        livemode: run.key.livemode,
        account: connected,
        data: Data {
            object: serde_json::from_str(json)?,
        },
    };

    let own = Some(&*run.own_account).filter(|account| !account.is_empty());
    let event = Event::unverified(Bytes::from(serde_json::to_vec(&body)?))?;
    let event = event.received_for(own, connected);
    Ok(NewEvent {
        event,
        received_at: now,
        remote_address: None,
        endpoint: None,
    })
}
