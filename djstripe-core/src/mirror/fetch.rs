//! Fetching objects: at most one request for an object at a time, and one for all events that wait for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use djstripe_models::ModelDescriptor;
use serde_json::value::RawValue;

use super::references::id_of;
use super::{Mirror, MirrorError, Target};
use crate::client::{Answer, Client, Method, Request};
use crate::metrics;
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// Answers that are kept for events still waiting for the same object.
const KEPT: usize = 256;

/// What became of a fetch.
#[derive(Debug)]
pub(crate) enum Fetched {
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

impl Fetched {
    fn started_at(&self) -> Timestamp {
        match self {
            Self::Found { started_at, .. } | Self::Gone { started_at, .. } => *started_at,
        }
    }
}

/// Type, account, mode and id of an object.
type Key = (&'static str, String, bool, String);
/// The last answer; whoever holds the lock is fetching.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Fetched>>>>;

/// Fetches objects, each at most once at a time. An answer serves every event that was there when it was asked for.
#[derive(Default)]
pub(crate) struct Refresher(Mutex<HashMap<Key, Slot>>);

impl Refresher {
    /// The object as it was at `not_before` or later.
    async fn fetch(
        &self,
        client: &Client,
        descriptor: &'static ModelDescriptor,
        id: &str,
        request: Request,
        scope: (&str, bool),
        not_before: Timestamp,
    ) -> Result<Arc<Fetched>, MirrorError> {
        let slot = self.slot((
            descriptor.object,
            scope.0.to_owned(),
            scope.1,
            id.to_owned(),
        ));
        let mut last = slot.lock().await;
        if let Some(fetched) = last
            .as_ref()
            .filter(|fetched| fetched.started_at() >= not_before)
        {
            metrics::refetched("shared");
            return Ok(Arc::clone(fetched));
        }
        let begun = Timestamp::now();
        let answer = client.send(&request).await;
        metrics::refetched(match &answer {
            Ok(_) => "fetched",
            Err(error) if error.is_gone() => "gone",
            Err(_) => "failed",
        });
        let fetched = match answer {
            Ok(answer) => found(descriptor, id, answer)?,
            Err(error) if error.is_gone() => Fetched::Gone {
                message: error.to_string(),
                started_at: begun,
            },
            Err(source) => {
                return Err(MirrorError::Fetch {
                    object: descriptor.object,
                    id: id.to_owned(),
                    source,
                });
            }
        };
        let fetched = Arc::new(fetched);
        *last = Some(Arc::clone(&fetched));
        Ok(fetched)
    }

    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT {
            // Whoever is at it holds a second handle.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

/// Checks that the answer is the object that was asked for: a list or a proxy's page must not become a row.
fn found(
    descriptor: &'static ModelDescriptor,
    id: &str,
    answer: Answer,
) -> Result<Fetched, MirrorError> {
    let is_the_object = |head: &RawHead<'_>| {
        head.id.as_deref() == Some(id) && head.object.as_deref() == Some(descriptor.object)
    };
    let deleted = RawHead::parse(answer.json())
        .ok()
        .filter(is_the_object)
        .map(|head| head.deleted);
    match deleted {
        Some(deleted) => {
            let started_at = answer.started_at();
            Ok(Fetched::Found {
                json: answer.into_json(),
                started_at,
                deleted,
            })
        }
        _ => {
            let answer = answer.json().chars().take(80).collect();
            Err(MirrorError::OtherObject {
                object: descriptor.object,
                id: id.to_owned(),
                answer,
            })
        }
    }
}

impl Mirror<'_> {
    /// Fetches an object under the event's account and mode. There is a client, as the caller has asked.
    pub(super) async fn fetch(
        &self,
        descriptor: &'static ModelDescriptor,
        id: &str,
        request: Request,
    ) -> Result<Arc<Fetched>, MirrorError> {
        let (account, livemode) = self.scope();
        let no_client = || MirrorError::Fetch {
            object: descriptor.object,
            id: id.to_owned(),
            source: crate::client::ClientError::NoKey {
                livemode: Some(livemode),
            },
        };
        let client = self.services.client(livemode).ok_or_else(no_client)?;
        let request = request.account(account).livemode(livemode);
        let refresher = &self.services.refresher;
        refresher
            .fetch(
                client,
                descriptor,
                id,
                request,
                (account, livemode),
                self.writes.not_before(),
            )
            .await
    }

    /// The request that fetches the event's object; `None` if Stripe has none for it.
    pub(super) fn request(&self, target: &Target<'_>) -> Option<Request> {
        let fields: HashMap<String, &RawValue> =
            serde_json::from_str(target.json).unwrap_or_default();
        let parent = |name: &str| fields.get(name).and_then(|value| id_of(value));
        let external = ["card", "bank_account"].contains(&target.descriptor.object);
        if external && let Some(account) = parent("account").or_else(|| self.external_account_of())
        {
            return Some(Request::external_account(&account, &target.id));
        }
        Request::retrieve_below(target.descriptor.object, &target.id, parent).ok()
    }

    /// The account whose bank account or card the event is about, if it is about one.
    fn external_account_of(&self) -> Option<String> {
        let is_external = self
            .event
            .name()
            .as_str()
            .starts_with("account.external_account.");
        is_external
            .then(|| self.event.account().map(str::to_owned))
            .flatten()
    }

    /// Everything in a list, page by page.
    pub(super) async fn list_all(
        &self,
        request: Request,
    ) -> Result<(Vec<Box<RawValue>>, Timestamp), MirrorError> {
        use futures_util::TryStreamExt;

        let (account, livemode) = self.scope();
        let failed = |source| MirrorError::Fetch {
            object: "list",
            id: request.path(),
            source,
        };
        let client = self.services.client(livemode);
        let client = client.ok_or_else(|| {
            failed(crate::client::ClientError::NoKey {
                livemode: Some(livemode),
            })
        })?;
        let begun = Timestamp::now();
        let pages = client.pages(
            request.clone().account(account).livemode(livemode),
            crate::client::Direction::Forwards,
        );
        let items = pages.try_fold(Vec::new(), |mut items, page| async move {
            items.extend(page.items);
            Ok(items)
        });
        Ok((items.await.map_err(failed)?, begun))
    }
}

impl Request {
    /// The path `/v1/accounts/{account}/external_accounts/{id}`, which the catalogue has no object for.
    pub(crate) fn external_account(account: &str, id: &str) -> Self {
        Self::new(
            Method::Get,
            &format!("/v1/accounts/{account}/external_accounts/{id}"),
        )
    }
}
