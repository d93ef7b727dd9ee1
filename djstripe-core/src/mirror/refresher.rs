//! Fetches objects: at most one request for an object at a time, shared by all events that wait for
//! that object.
//!
//! In: an object's key, and the moment since which an answer is recent enough. Out: the object, or
//! that Stripe has none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use djstripe_models::ModelDescriptor;

use super::error::MirrorError;
use super::settings::MirrorSettings;
use crate::client::{Answer, Client, ClientError, Request};
use crate::telemetry::metrics;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// Answers are kept for events that still wait for the same object. From this number on, answers
/// that no event waits for are dropped.
const MAX_ANSWERS: usize = 256;

/// The outcome of a fetch.
#[derive(Debug)]
pub(super) enum FetchOutcome {
    /// Stripe has the object, or a stub that says that it was deleted.
    Found {
        json: String,
        started_at: Timestamp,
        deleted: bool,
    },
    /// Stripe has no such object.
    Gone {
        message: String,
        started_at: Timestamp,
    },
}

impl FetchOutcome {
    fn started_at(&self) -> Timestamp {
        match self {
            Self::Found { started_at, .. } | Self::Gone { started_at, .. } => *started_at,
        }
    }
}

/// Type, scope and id of an object.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    object: &'static str,
    account: String,
    livemode: bool,
    id: String,
}

/// The last answer. The lock is held while the object is fetched.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<FetchOutcome>>>>;

/// Fetches objects, each at most once at a time. An answer serves every event that was stored
/// before the request was sent.
#[derive(Default)]
pub(super) struct Refresher(Mutex<HashMap<Key, Slot>>);

/// An object to fetch.
pub(super) struct Fetch<'a> {
    pub(super) descriptor: &'static ModelDescriptor,
    pub(super) id: &'a str,
    pub(super) account: &'a str,
    pub(super) livemode: bool,
    pub(super) request: Request,
    pub(super) settings: &'a MirrorSettings,
}

impl Refresher {
    /// The object as it was at `not_before` or later.
    pub(super) async fn fetch(
        &self,
        client: &Client,
        fetch: Fetch<'_>,
        not_before: Timestamp,
    ) -> Result<Arc<FetchOutcome>, MirrorError> {
        let slot = self.slot(Key {
            object: fetch.descriptor.object,
            account: fetch.account.to_owned(),
            livemode: fetch.livemode,
            id: fetch.id.to_owned(),
        });

        // Events that wait for the same object wait here, and then find the answer.
        let mut last = slot.lock().await;
        if let Some(outcome) = last
            .as_ref()
            .filter(|outcome| outcome.started_at() >= not_before)
        {
            metrics::refetched("shared");
            return Ok(Arc::clone(outcome));
        }

        let outcome = Arc::new(send(client, fetch).await?);
        *last = Some(Arc::clone(&outcome));
        Ok(outcome)
    }

    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_ANSWERS {
            // An event that fetches or waits holds a second handle of its slot.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

async fn send(client: &Client, fetch: Fetch<'_>) -> Result<FetchOutcome, MirrorError> {
    let object = fetch.descriptor.object;
    let request = fetch.request.clone();
    let request = request.account(fetch.account).livemode(fetch.livemode);
    let request = fetch.settings.expanded.retrieved(object, request);
    let started_at = Timestamp::now();

    match client.send(&request).await {
        Ok(answer) => {
            metrics::refetched("fetched");
            found(fetch, answer)
        }
        Err(error) if error.is_gone() => {
            metrics::refetched("gone");
            Ok(FetchOutcome::Gone {
                message: error.to_string(),
                started_at,
            })
        }
        Err(source) => {
            metrics::refetched("failed");
            Err(fetch_error(fetch.descriptor, fetch.id, source))
        }
    }
}

pub(super) fn fetch_error(
    descriptor: &'static ModelDescriptor,
    id: &str,
    source: ClientError,
) -> MirrorError {
    MirrorError::Fetch {
        object: descriptor.object,
        id: id.to_owned(),
        source,
    }
}

/// Checks that the answer is the requested object: a list, or the error page of a proxy, must not
/// become a row.
fn found(fetch: Fetch<'_>, answer: Answer) -> Result<FetchOutcome, MirrorError> {
    let Fetch { descriptor, id, .. } = fetch;
    let is_requested = |head: &RawHead<'_>| {
        head.id.as_deref() == Some(id) && head.object.as_deref() == Some(descriptor.object)
    };
    let head = RawHead::parse(answer.json()).ok().filter(is_requested);
    let Some(deleted) = head.map(|head| head.deleted) else {
        return Err(MirrorError::OtherObject {
            object: descriptor.object,
            id: id.to_owned(),
            answer: answer.json().chars().take(80).collect(),
        });
    };

    Ok(FetchOutcome::Found {
        started_at: answer.started_at(),
        json: fetch.settings.dropped.strip_owned(answer.into_json()),
        deleted,
    })
}
