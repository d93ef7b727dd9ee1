//! Completes a thin event before its receivers run.
//!
//! In: a leased event. Out: the event with what its receivers read and its notification lacks, or
//! where it stands if they can't run now. Everything is fetched while no connection is held, and
//! only if a receiver needs it: the id of the snapshot event, by which the happening is known; the
//! earlier values of fields; the object as the snapshot event has it.

use super::inline::InlineProcessing;
use super::stage::Processing;
use super::task::Task;
use crate::client::{ClientError, Request, RequestError};
use crate::error::describe;
use crate::mirror::row_of;
use crate::receiver::ReceiverInfo;
use crate::receiver::dispatch::skipped;
use crate::store::{EventOutcome, Identified, StoreError, stored_id};
use crate::timestamp::Timestamp;
use crate::webhook::amend::with_fields;
use crate::webhook::event::{DecodeError, Event, FetchedObject, ThinHead};
use crate::webhook::event_name::EventKind;
use crate::webhook::object_head::RawHead;

/// A thin event before its receivers run.
pub(super) enum Completed {
    /// They can run for this event.
    Ready(Event),
    /// They can't run under this lease.
    Settled(EventOutcome),
}

/// Why what a thin event refers to could not be had.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{what} could not be fetched from Stripe")]
    Request { what: String, source: ClientError },
    #[error("what Stripe returned for {url} is another object")]
    OtherObject { url: String },
    #[error("what Stripe returned for the thin event {id} is another event")]
    OtherEvent { id: String },
    #[error("what Stripe returned for the thin event {id} is no event")]
    Decode { id: String, source: DecodeError },
}

impl FetchError {
    /// Whether a retry or a key helps, so that the event waits.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Request { source, .. } => {
                source.is_transient()
                    || matches!(
                        source,
                        ClientError::NoKey { .. } | ClientError::NoKeyOf { .. }
                    )
            }
            Self::OtherObject { .. } | Self::OtherEvent { .. } | Self::Decode { .. } => false,
        }
    }

    /// Whether the same request can succeed without another key.
    fn is_transient(&self) -> bool {
        matches!(self, Self::Request { source, .. } if source.is_transient())
    }
}

impl InlineProcessing {
    /// The whole of a thin event, with the id of its snapshot event.
    ///
    /// # Errors
    /// Why it could not be fetched.
    pub(crate) async fn identify(&self, event: &Event) -> Result<Event, String> {
        let whole = self.processing().fetch_whole(event).await;
        whole.map_err(|error| describe(&error))
    }
}

impl Processing {
    /// Fetches what the receivers of a thin event need. Other events are returned as they are.
    pub(super) async fn complete(
        &self,
        task: &Task,
        event: &Event,
    ) -> Result<Completed, StoreError> {
        if !event.has_thin_payload() {
            return self.complete_snapshot(task, event).await;
        }

        let mut event = event.clone();
        if stored_id(event.id()) != task.event_id {
            // An earlier release stored it under the id of the thin event.
            return self.keep(task, &event).await;
        }
        if self.needs_whole(&event) {
            match self.fetch_whole(&event).await {
                Ok(whole) => match self.keep(task, &whole).await? {
                    Completed::Ready(kept) => event = kept,
                    settled => return Ok(settled),
                },
                // Without the id nobody knows whether the receivers have run already.
                Err(error) if event.lacks_snapshot_id() => return self.wait(task, &error).await,
                Err(error) if error.is_transient() => return self.wait(task, &error).await,
                Err(error) => event = event.not_fetched(describe(&error)),
            }
        }
        if self.needs_snapshot(&event) {
            match self.fetch_snapshot(&event).await {
                Ok(snapshot) => match self.keep(task, &snapshot).await? {
                    Completed::Ready(kept) => event = with_snapshot(event, kept),
                    settled => return Ok(settled),
                },
                Err(error) if error.is_transient() => return self.wait(task, &error).await,
                Err(error) => event = event.not_fetched(describe(&error)),
            }
        }
        if self.needs_object(&event) {
            match self.fetch_object(&event).await {
                Ok(fetched) => event = fetched,
                Err(error) if error.is_transient() => return self.wait(task, &error).await,
                Err(error) => event = event.not_fetched(describe(&error)),
            }
        }
        Ok(Completed::Ready(event))
    }

    /// As [`complete`](Self::complete), but keeps nothing, and an event that would wait is returned
    /// with the reason.
    pub(super) async fn complete_dry(&self, mut event: Event) -> Event {
        let or_reason = |event: Event, fetched: Result<Event, FetchError>| {
            fetched.unwrap_or_else(|error| event.not_fetched(describe(&error)))
        };
        if !event.has_thin_payload() && self.needs_thin(&event) {
            let whole = self.fetch_whole(&event).await;
            let with_thin = whole.map(|whole| event.clone().with_thin(whole));
            return or_reason(event, with_thin);
        }
        if self.needs_whole(&event) {
            let whole = self.fetch_whole(&event).await;
            event = or_reason(event, whole);
        }
        if self.needs_snapshot(&event) {
            let snapshot = self.fetch_snapshot(&event).await;
            let with_snapshot = snapshot.map(|it| with_snapshot(event.clone(), it));
            event = or_reason(event, with_snapshot);
        }
        if self.needs_object(&event) {
            let fetched = self.fetch_object(&event).await;
            event = or_reason(event, fetched);
        }
        event
    }

    /// Whether Stripe's API has of a thin event what its notification lacks and is needed: the id of
    /// the snapshot event, or what a receiver reads.
    fn needs_whole(&self, event: &Event) -> bool {
        let is_lacking = event.has_thin_payload() && !event.is_whole();
        is_lacking && (event.lacks_snapshot_id() || self.any_receiver(event, reads_changes))
    }

    /// Whether a receiver takes the snapshot event of the happening.
    fn needs_snapshot(&self, event: &Event) -> bool {
        let has_reference = event.related_object().is_some();
        let takes_snapshot =
            |info: &ReceiverInfo| info.takes_snapshot || info.is_built_in() && !has_reference;
        let has_snapshot = event.name().is_known() && !event.name().is_thin_only();
        event.has_thin_payload() && has_snapshot && self.any_receiver(event, takes_snapshot)
    }

    /// Whether a receiver reads the object that a thin event refers to, and the mirror has no row of
    /// it.
    fn needs_object(&self, event: &Event) -> bool {
        let reads_object = |info: &ReceiverInfo| info.reads_object && !info.is_built_in();
        event.has_thin_payload()
            && row_of(event, &self.0.services.settings).is_none()
            && self.any_receiver(event, reads_object)
    }

    /// Whether a receiver reads what only the thin event of a happening has.
    fn needs_thin(&self, event: &Event) -> bool {
        event.thin_id().is_some() && self.any_receiver(event, |info| info.reads_data)
    }

    /// The event with the object that it refers to, for a receiver that reads it though the mirror
    /// does not have it. Others are returned as they are.
    pub(super) async fn with_object_if_thin(&self, event: &Event) -> Event {
        if !event.has_thin_payload() || event.fetched_object().is_some() {
            return event.clone();
        }
        match self.fetch_object(event).await {
            Ok(fetched) => fetched,
            Err(error) => event.clone().not_fetched(describe(&error)),
        }
    }

    /// The event with the object that it refers to, if there is one.
    async fn fetch_object(&self, event: &Event) -> Result<Event, FetchError> {
        let Some(related) = event.related_object() else {
            return Ok(event.clone());
        };
        let url = &*related.url;
        let other = || FetchError::OtherObject {
            url: url.to_owned(),
        };
        let request = Request::from_list_url(url).ok_or_else(other)?;
        let settings = &self.0.services.settings;
        let request = settings.expanded.retrieved(&related.object, request);
        let json = self.fetch_json(event, url, request).await?;

        let head = RawHead::parse(&json).ok();
        let is_same = |head: &RawHead<'_>| {
            head.object.as_deref() == Some(&*related.object)
                && (related.id.is_none() || head.id.as_deref() == related.id.as_deref())
        };
        let is_deleted = head.filter(is_same).ok_or_else(other)?.deleted;
        Ok(event.clone().with_object(FetchedObject {
            json: settings.dropped.strip_owned(json),
            is_deleted,
        }))
    }

    /// Fetches the thin event of a happening whose payload is that of the snapshot event, if a receiver
    /// reads what only the thin one has.
    async fn complete_snapshot(&self, task: &Task, event: &Event) -> Result<Completed, StoreError> {
        if !self.needs_thin(event) {
            return Ok(Completed::Ready(event.clone()));
        }
        match self.fetch_whole(event).await {
            Ok(whole) => Ok(Completed::Ready(event.clone().with_thin(whole))),
            Err(error) if error.is_transient() => self.wait(task, &error).await,
            Err(error) => Ok(Completed::Ready(
                event.clone().not_fetched(describe(&error)),
            )),
        }
    }

    /// Whether a receiver that runs for the event is one of these.
    fn any_receiver(&self, event: &Event, is_one: impl Fn(&ReceiverInfo) -> bool) -> bool {
        let receivers = self.0.registry.receivers_for(event.name()).iter();
        let mut running = receivers.filter(|info| skipped(&info.options, event).is_none());
        running.any(|info| is_one(info))
    }

    /// The whole of a thin event, as Stripe's API returns it.
    async fn fetch_whole(&self, event: &Event) -> Result<Event, FetchError> {
        let id = event.thin_id().unwrap_or_default();
        let whole = self.fetch_event(event, id, Request::thin_event(id)).await?;
        let is_same = whole.thin_id() == Some(id) && whole.name() == event.name();
        is_same
            .then(|| whole.fetched())
            .ok_or_else(|| FetchError::OtherEvent { id: id.to_owned() })
    }

    /// The snapshot event of the same happening.
    async fn fetch_snapshot(&self, event: &Event) -> Result<Event, FetchError> {
        let id = event.id();
        let snapshot = self
            .fetch_event(event, id, Request::retrieve("event", id))
            .await?;
        let is_same = snapshot.id() == id && snapshot.name() == event.name();
        is_same
            .then_some(snapshot)
            .ok_or_else(|| FetchError::OtherEvent { id: id.to_owned() })
    }

    async fn fetch_event(
        &self,
        event: &Event,
        id: &str,
        request: Result<Request, RequestError>,
    ) -> Result<Event, FetchError> {
        let what = format!("event {id}");
        let request = request.map_err(|error| FetchError::Request {
            what: what.clone(),
            source: error.into(),
        })?;
        let json = self.fetch_json(event, &what, request).await?;
        let fetched = as_delivered(&json, event).map_err(|source| FetchError::Decode {
            id: id.to_owned(),
            source,
        })?;
        Ok(fetched
            .received_for(event.own_account(), event.account())
            .sent_as(event.kinds()))
    }

    /// What Stripe's API answers to the request in the event's context.
    async fn fetch_json(
        &self,
        event: &Event,
        what: &str,
        request: Request,
    ) -> Result<String, FetchError> {
        let failed = |source| FetchError::Request {
            what: what.to_owned(),
            source,
        };
        let livemode = Some(event.livemode());
        let client = self.0.services.client(event);
        let client = client.ok_or_else(|| failed(ClientError::NoKey { livemode }))?;
        let request = request
            .account(event.account().unwrap_or_default())
            .context(event.context().unwrap_or_default())
            .livemode(event.livemode());

        let answer = client.send(&request).await.map_err(failed)?;
        Ok(answer.into_json())
    }

    /// Stores what was fetched. Returns it as it is stored, or how the event is settled, if it has another
    /// id by now.
    async fn keep(&self, task: &Task, event: &Event) -> Result<Completed, StoreError> {
        let queue = self.0.store.queue();
        let wakes = self.0.registry.takes_alone(event.name(), EventKind::Thin);
        let identified = queue
            .identify(&task.event_id, task.fence, event, wakes, Timestamp::now())
            .await?;
        match identified {
            Identified::Same(stored) => Ok(Completed::Ready(stored)),
            Identified::Renamed | Identified::Merged => {
                tracing::debug!(
                    event = event.id(),
                    thin = task.event_id,
                    "the thin event is the same happening as this event"
                );
                self.0.wake.notify_workers();
                Ok(Completed::Settled(EventOutcome::Released))
            }
            Identified::LeaseLost => Err(StoreError::LeaseLost {
                events: vec![task.event_id.clone()],
            }),
        }
    }

    /// Settles an event that can't be completed now: it is retried, or dead if a retry is pointless.
    async fn wait(&self, task: &Task, error: &FetchError) -> Result<Completed, StoreError> {
        let schedule = &self.0.retry_schedule;
        let step = usize::try_from(task.attempts - 1).unwrap_or_default();
        let delay = schedule.get(step).or(schedule.last()).copied();
        let outcome = match delay {
            Some(delay) if error.is_temporary() => EventOutcome::Retrying {
                at: Timestamp::now() + delay,
            },
            _ => EventOutcome::Dead,
        };

        let text = describe(error);
        tracing::warn!(
            event = task.event_id,
            error = text,
            "event can't be processed yet"
        );
        let settlement = task.settlement(outcome, Some(text));
        let lost = self.0.store.queue().settle(&[settlement]).await?;
        if lost.is_empty() {
            Ok(Completed::Settled(outcome))
        } else {
            Err(StoreError::LeaseLost { events: lost })
        }
    }
}

/// An event as Stripe would have delivered it for the same account as `event`: answers to requests on
/// behalf of an account don't name that account.
fn as_delivered(json: &str, event: &Event) -> Result<Event, DecodeError> {
    let fetched = Event::from_json(json)?;
    let Some(account) = event
        .account()
        .filter(|_| fetched.account() != event.account())
    else {
        return Ok(fetched);
    };
    let context = ("context", event.context().unwrap_or(account));
    let account = ("account", account);
    let fields = match (fetched.has_thin_payload(), event.context()) {
        (true, _) => &[context][..],
        (false, None) => &[account],
        (false, Some(_)) => &[account, context],
    };
    Event::from_json(&with_fields(json, fields)?)
}

/// The snapshot event of a thin event, with what that has besides.
fn with_snapshot(thin: Event, snapshot: Event) -> Event {
    let head = thin.thin_id().map(|id| ThinHead {
        id: id.to_owned(),
        created: thin.thin_created(),
    });
    let snapshot = snapshot.also_thin(head);
    if thin.is_whole() {
        snapshot.with_thin(thin)
    } else {
        snapshot
    }
}

/// Whether a receiver reads what the notification of a thin event lacks.
fn reads_changes(info: &ReceiverInfo) -> bool {
    info.reads_changes || !info.options.changed.is_empty()
}
