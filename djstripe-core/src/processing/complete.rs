//! Completes a thin event before its receivers run.
//!
//! In: a leased event. Out: the event with what its receivers read and its notification lacks, or
//! where it stands if they can't run now. Everything is fetched while no connection is held, and
//! only if a receiver needs it: the id of the snapshot event, by which the happening is known; the
//! earlier values of fields; the object as the snapshot event has it.

use super::inline::InlineProcessing;
use super::stage::Processing;
use super::task::Task;
use crate::client::{ClientError, Method, Request};
use crate::error::describe;
use crate::receiver::ReceiverInfo;
use crate::receiver::dispatch::skipped;
use crate::store::{EventOutcome, Identified, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::event::{DecodeError, Event};
use crate::webhook::event_name::EventKind;

/// A thin event before its receivers run.
pub(super) enum Completed {
    /// They can run for this event.
    Ready(Event),
    /// They can't run under this lease.
    Settled(EventOutcome),
}

/// Why Stripe's copy of a thin event could not be had.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("thin event {id} could not be fetched from Stripe")]
    Request { id: String, source: ClientError },
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
            Self::OtherEvent { .. } | Self::Decode { .. } => false,
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

        let lacks_id = event.lacks_snapshot_id();
        let reads_changes = !event.is_whole() && self.any_receiver(event, reads_changes);
        let mut event = event.clone();
        if lacks_id || reads_changes {
            match self.fetch_whole(&event).await {
                Ok(whole) => match self.keep(task, &whole).await? {
                    Some(outcome) => return Ok(Completed::Settled(outcome)),
                    None => event = whole,
                },
                // Without the id nobody knows whether the receivers have run already.
                Err(error) if lacks_id => return self.wait(task, &error).await,
                Err(error) if error.is_transient() => {
                    return self.wait(task, &error).await;
                }
                Err(error) => event = event.not_fetched(describe(&error)),
            }
        }

        let has_reference = event.related_object().is_some();
        let takes_snapshot =
            |info: &ReceiverInfo| info.takes_snapshot || info.is_built_in() && !has_reference;
        let has_snapshot = event.name().is_known() && !event.name().is_thin_only();
        if has_snapshot && self.any_receiver(&event, takes_snapshot) {
            match self.fetch_snapshot(&event).await {
                Ok(snapshot) => match self.keep(task, &snapshot).await? {
                    Some(outcome) => return Ok(Completed::Settled(outcome)),
                    None if event.is_whole() => event = snapshot.with_thin(event),
                    None => event = snapshot,
                },
                Err(error) if error.is_transient() => {
                    return self.wait(task, &error).await;
                }
                Err(error) => event = event.not_fetched(describe(&error)),
            }
        }
        Ok(Completed::Ready(event))
    }

    /// Fetches the thin event of a happening whose payload is that of the snapshot event, if a receiver
    /// reads what only the thin one has.
    async fn complete_snapshot(&self, task: &Task, event: &Event) -> Result<Completed, StoreError> {
        let reads_data = |info: &ReceiverInfo| info.reads_data;
        if event.thin_id().is_none() || !self.any_receiver(event, reads_data) {
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
        let path = format!("/v2/core/events/{id}");
        let whole = self
            .fetch_event(event, id, Request::new(Method::Get, &path))
            .await?;
        let is_same = whole.thin_id() == Some(id) && whole.name() == event.name();
        is_same
            .then(|| whole.fetched())
            .ok_or_else(|| FetchError::OtherEvent { id: id.to_owned() })
    }

    /// The snapshot event of the same happening.
    async fn fetch_snapshot(&self, event: &Event) -> Result<Event, FetchError> {
        let id = event.id();
        let path = format!("/v1/events/{id}");
        let snapshot = self
            .fetch_event(event, id, Request::new(Method::Get, &path))
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
        request: Request,
    ) -> Result<Event, FetchError> {
        let failed = |source| FetchError::Request {
            id: id.to_owned(),
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
        let fetched = Event::from_json(answer.json()).map_err(|source| FetchError::Decode {
            id: id.to_owned(),
            source,
        })?;
        Ok(fetched
            .received_for(event.own_account(), event.account())
            .sent_as(event.kinds()))
    }

    /// Stores what was fetched. Returns how the event is settled, if it has another id by now.
    async fn keep(&self, task: &Task, event: &Event) -> Result<Option<EventOutcome>, StoreError> {
        let queue = self.0.store.queue();
        let wakes = self.0.registry.takes_alone(event.name(), EventKind::Thin);
        let identified = queue
            .identify(&task.event_id, task.fence, event, wakes, Timestamp::now())
            .await?;
        match identified {
            Identified::Same => Ok(None),
            Identified::Renamed | Identified::Merged => {
                tracing::debug!(
                    event = event.id(),
                    thin = task.event_id,
                    "the thin event is the same happening as this event"
                );
                self.0.wake.notify_workers();
                Ok(Some(EventOutcome::Released))
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

/// Whether a receiver reads what the notification of a thin event lacks.
fn reads_changes(info: &ReceiverInfo) -> bool {
    info.reads_changes || !info.options.changed.is_empty()
}
