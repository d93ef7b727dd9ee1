//! The handle of this stage, and the path of one delivery.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::http::HeaderMap;
use bytes::Bytes;
use ipnet::IpNet;
use tracing::Instrument;
use uuid::Uuid;

use super::attendance::Attendance;
use super::error::{EndpointError, WebhookError};
use super::inbox::Inbox;
use super::open_endpoints::{OpenEndpoint, OpenEndpoints};
use super::refusals::{Arrival, Refusals};
use super::replies::{Replied, Replies};
use super::retrieval::Retrievals;
use super::shortened::shortened;
use crate::client::Clients;
use crate::error::describe;
use crate::hooks::Hooks;
use crate::processing::wake::Wake;
use crate::processing::{Inline, InlineProcessing};
use crate::receiver::Reply;
use crate::receiver::registry::Registry;
use crate::store::{Insertion, NewEvent, Redelivery, Store};
use crate::telemetry::minutes::Minutes;
use crate::telemetry::vitals;
use crate::timestamp::Timestamp;
use crate::webhook::API_VERSION;
use crate::webhook::delivery::Delivery;
use crate::webhook::envelope::{events_in, is_event};
use crate::webhook::event::{DecodeError, Event};
use crate::webhook::event_name::EventKind;
use crate::webhook::signature::{self, SignatureError, SigningSecrets};

/// What became of an accepted delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// The event is stored and waits for the workers or, in inline mode, its receivers have run.
    Stored,
    /// The event was stored by an earlier delivery. A receiver that has succeeded does not run again
    /// for it, except for the built-in ones if this delivery is the first in the catalogue's API
    /// version. If the same endpoint delivers it again, an unfinished event is due at once, and a
    /// dead one is revived.
    Duplicate,
    /// The event is stored, and Stripe waits for this answer: it is the body of the response, whose
    /// header `Stripe-Version` is the answer's [`api_version`](Reply::api_version). A second
    /// delivery gets the same answer.
    Replied(Reply),
}

impl Receipt {
    /// The label of the metric.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Replied(_) => "replied",
        }
    }
}

/// Receives deliveries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Intake(pub(super) Arc<IntakeParts>);

/// The signing secrets of an own account.
pub(crate) struct AccountSecrets {
    /// The declared account; `None` for the one that is not declared.
    pub(crate) own_account: Option<String>,
    pub(crate) secrets: SigningSecrets,
}

/// What an [`Intake`] is made of.
pub(crate) struct IntakeParts {
    pub(crate) store: Store,
    pub(crate) inbox: Inbox,
    pub(crate) attendance: Attendance,
    pub(crate) endpoints: OpenEndpoints,
    pub(crate) clients: Clients,
    /// The secrets of the endpoint without a row, for each own account; empty if there is no such
    /// endpoint.
    pub(crate) secrets: Vec<AccountSecrets>,
    pub(crate) tolerance: Duration,
    pub(crate) body_limit: usize,
    /// How long a delivery may wait for Stripe's copy of its event.
    pub(crate) retrieve_limit: Duration,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) hooks: Hooks,
    pub(crate) wake: Arc<Wake>,
    /// The ids of the built-in receivers.
    pub(crate) built_in: Vec<&'static str>,
    /// What runs the receivers before the delivery is answered, in inline mode.
    pub(crate) inline: Option<InlineProcessing>,
    /// What answers deliveries that Stripe waits for.
    pub(crate) replies: Replies,
    pub(crate) registry: Arc<Registry>,
    pub(crate) refusals: Refusals,
    pub(crate) retrievals: Retrievals,
    /// What this process counts.
    pub(crate) minutes: Minutes,
}

impl Intake {
    /// The handle of these parts.
    pub(crate) fn new(parts: IntakeParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Inline mode: starts the worker for effects and retries, unless there is one.
    pub(crate) fn start_worker(&self) {
        if let Some(inline) = &self.0.inline {
            inline.start_worker();
        }
    }

    /// Inline mode: the application has a worker for effects and retries.
    pub(crate) fn stop_worker(&self) {
        if let Some(inline) = &self.0.inline {
            inline.stop_worker();
        }
    }

    /// Counts a refused delivery that did not get this far.
    pub(crate) fn count_refused(&self, reason: &'static str) {
        self.0.minutes.refused(reason);
    }

    /// Largest body that is accepted, in bytes.
    pub(crate) fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    /// Receives a delivery to the endpoint without a row.
    pub(crate) async fn receive(&self, delivery: Delivery) -> Result<Receipt, WebhookError> {
        self.receive_at_path(None, delivery).await
    }

    /// Receives a delivery to the endpoint with this id.
    pub(crate) async fn receive_at(
        &self,
        endpoint: Uuid,
        delivery: Delivery,
    ) -> Result<Receipt, WebhookError> {
        self.receive_at_path(Some(endpoint), delivery).await
    }

    /// Receives a delivery to this endpoint, and logs it if it is refused.
    async fn receive_at_path(
        &self,
        endpoint: Option<Uuid>,
        delivery: Delivery,
    ) -> Result<Receipt, WebhookError> {
        let mut arrival = Arrival {
            endpoint,
            remote: Some(delivery.remote_address(&self.0.trusted_proxies)),
            ..Arrival::default()
        };
        let receiving = async {
            let received = self.receive_by(&mut arrival, delivery).await;
            self.0.refusals.log(&arrival, received)
        };
        measure(&self.0.minutes, receiving).await
    }

    async fn receive_by(
        &self,
        arrival: &mut Arrival,
        delivery: Delivery,
    ) -> Result<Receipt, WebhookError> {
        let open = match arrival.endpoint {
            Some(endpoint) => Some(self.open_endpoint(endpoint).await?),
            None => None,
        };
        let endpoint = open.as_deref();

        let now = SystemTime::now();
        let arrived_at = tokio::time::Instant::now();
        let hooks = &self.0.hooks;
        hooks.pre_validate(&delivery).await;
        let checked = self.check(endpoint, &delivery, arrival, now).await;
        hooks.post_validate(&delivery, checked.as_ref().ok()).await;
        match checked {
            Ok(event) => {
                arrival.event = Some(shortened(event.id()));
                let remote = arrival.remote_address();
                self.accept(endpoint, delivery, remote, event, arrived_at)
                    .await
            }
            Err(error) => {
                arrival.record = self.record(arrival, &delivery, &error, now).await;
                Err(error)
            }
        }
    }

    /// Receives the events in a message whose sender is trusted.
    pub(crate) async fn receive_trusted(
        &self,
        message: Bytes,
    ) -> Result<Vec<Receipt>, WebhookError> {
        let mut receipts = Vec::new();
        for body in events_in(&message) {
            let mut arrival = Arrival::default();
            let receiving = async {
                let received = self.receive_part(&mut arrival, body).await;
                self.0.refusals.log(&arrival, received)
            };
            receipts.push(measure(&self.0.minutes, receiving).await?);
        }
        Ok(receipts)
    }

    /// Receives one event of a trusted message.
    async fn receive_part(
        &self,
        arrival: &mut Arrival,
        body: Bytes,
    ) -> Result<Receipt, WebhookError> {
        let limit = self.0.body_limit;
        if body.len() > limit {
            return Err(WebhookError::TooLarge { limit });
        }
        let event = Event::unverified(body.clone())?;
        if !is_event(&body) {
            return Err(DecodeError::OtherObject.into());
        }
        let event = self.0.clients.assign(event, None);
        arrival.event = Some(shortened(event.id()));
        let delivery = Delivery::new(HeaderMap::new(), body);
        let arrived_at = tokio::time::Instant::now();
        self.accept(None, delivery, None, event, arrived_at).await
    }

    /// Stores a validated event.
    async fn accept(
        &self,
        endpoint: Option<&OpenEndpoint>,
        delivery: Delivery,
        remote_address: Option<String>,
        event: Event,
        arrived_at: tokio::time::Instant,
    ) -> Result<Receipt, WebhookError> {
        // The receivers run before the answer, so the happening has to be known before it is stored.
        let event = match &self.0.inline {
            Some(processing) if event.lacks_snapshot_id() => processing
                .identify(&event)
                .await
                .map_err(|reason| WebhookError::NotIdentified {
                    id: event.id().to_owned(),
                    reason,
                })?,
            _ => event,
        };
        tracing::Span::current().record("event", &*shortened(event.id()));
        let new = NewEvent {
            event: event.clone(),
            received_at: Timestamp::now(),
            remote_address,
            endpoint: endpoint.map(|open| open.endpoint.id),
        };
        let replies = &self.0.replies;
        let replied = replies.reply(&event).await?;
        let replied = replies.in_time(replied, &event, arrived_at).await?;
        let (stored, event) = self.0.inbox.store(new).await?;
        let is_new = stored.is_new();
        let is_replaced = !is_new && self.replace_older_version(&event).await?;
        let is_other_kind = !is_new && self.add_kind(&event).await?;
        let redelivery = if is_new || is_replaced || is_other_kind {
            Redelivery::Unchanged
        } else {
            self.redeliver(endpoint, &event).await?
        };
        if let Some(endpoint) = endpoint {
            self.record_mismatch(endpoint, &event).await;
        }
        tracing::debug!(event = event.id(), name = %event.name(), is_new, "event received");
        if stored != Insertion::Leased {
            self.0.attendance.event_waits();
        }

        match &self.0.inline {
            Some(processing) => {
                let is_due =
                    is_new || is_replaced || is_other_kind || redelivery != Redelivery::Unchanged;
                match &replied {
                    Replied::NotAsked => {
                        process_inline(processing, &delivery, &event, stored, is_due).await?;
                    }
                    Replied::Asked(_) => {
                        self.process_after_reply(delivery, event.clone(), stored, is_due);
                    }
                }
            }
            None if stored == Insertion::Waiting
                || is_replaced
                || is_other_kind
                || redelivery != Redelivery::Unchanged =>
            {
                self.0.wake.notify_workers();
            }
            None => {}
        }
        Ok(match replies.in_time(replied, &event, arrived_at).await? {
            Replied::Asked(Some(reply)) => Receipt::Replied(reply),
            Replied::Asked(None) | Replied::NotAsked if is_new => Receipt::Stored,
            Replied::Asked(None) | Replied::NotAsked => Receipt::Duplicate,
        })
    }

    /// Inline mode: runs the other receivers of an event whose sender waits for no more than the
    /// answer.
    fn process_after_reply(
        &self,
        delivery: Delivery,
        event: Event,
        stored: Insertion,
        is_due: bool,
    ) {
        let intake = self.clone();
        vitals::detach("answered delivery", async move {
            let Some(processing) = &intake.0.inline else {
                return;
            };
            let processed = process_inline(processing, &delivery, &event, stored, is_due).await;
            if let Err(error) = processed {
                let error = describe(&error);
                tracing::warn!(event = event.id(), error, "event not processed yet");
            }
        });
    }

    async fn check(
        &self,
        endpoint: Option<&OpenEndpoint>,
        delivery: &Delivery,
        arrival: &mut Arrival,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let limit = self.0.body_limit;
        if delivery.body.len() > limit {
            return Err(WebhookError::TooLarge { limit });
        }
        if let Some(endpoint) = endpoint {
            return self.validate(endpoint, delivery, arrival, now).await;
        }

        self.verify_by_account(delivery, now)
    }

    /// Checks a delivery to the endpoint without a row. The secret that fits tells whose event it is.
    fn verify_by_account(
        &self,
        delivery: &Delivery,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let mut refused = WebhookError::from(EndpointError::Unknown);
        for AccountSecrets {
            own_account,
            secrets,
        } in &self.0.secrets
        {
            let (body, tolerance) = (delivery.body.clone(), self.0.tolerance);
            match signature::verify(body, delivery.signature(), secrets, tolerance, now) {
                Ok(verified) => {
                    let event = Event::decode(verified)?;
                    return Ok(self.0.clients.assign(event, own_account.as_deref()));
                }
                Err(SignatureError::Mismatch) => refused = SignatureError::Mismatch.into(),
                // The secret fits, or nothing could.
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused)
    }

    /// Of one event in several API versions, which as many endpoints deliver, the catalogue's wins:
    /// replaces the payload if another one is stored. Returns whether it did.
    async fn replace_older_version(&self, event: &Event) -> Result<bool, WebhookError> {
        if event.api_version() != Some(API_VERSION) {
            return Ok(false);
        }
        let (queue, now) = (self.0.store.queue(), Timestamp::now());
        let replaced = queue.replace_payload(event, &self.0.built_in, now).await?;
        if replaced {
            tracing::info!(
                event = event.id(),
                "the payload of another API version was replaced"
            );
        }
        Ok(replaced)
    }

    /// Adds an event of the other kind to the stored one. Returns whether it is the first of its kind.
    async fn add_kind(&self, event: &Event) -> Result<bool, WebhookError> {
        let kind = match event.has_thin_payload() {
            true => EventKind::Thin,
            false => EventKind::Snapshot,
        };
        let wakes = self.0.registry.takes_alone(event.name(), kind);
        let queue = self.0.store.queue();
        Ok(queue.add_kind(event, wakes, Timestamp::now()).await?)
    }

    /// A second delivery, such as by "Resend" in Stripe's dashboard, makes an unfinished event due.
    async fn redeliver(
        &self,
        endpoint: Option<&OpenEndpoint>,
        event: &Event,
    ) -> Result<Redelivery, WebhookError> {
        let endpoint = endpoint.map(|open| open.endpoint.id);
        let queue = self.0.store.queue();
        let redelivery = queue.redeliver(event, endpoint, Timestamp::now()).await?;
        match redelivery {
            Redelivery::Unchanged => {}
            Redelivery::Due => tracing::info!(
                event = event.id(),
                "a second delivery made the event due before its retry"
            ),
            Redelivery::Revived => tracing::info!(
                event = event.id(),
                "a second delivery revived the dead event"
            ),
        }
        Ok(redelivery)
    }
}

/// Runs the receivers before the delivery is answered. `is_due`: this delivery made the event due.
async fn process_inline(
    processing: &InlineProcessing,
    delivery: &Delivery,
    event: &Event,
    stored: Insertion,
    is_due: bool,
) -> Result<(), WebhookError> {
    let id = || event.id().to_owned();
    let processed = processing.process(delivery, event, stored, is_due).await?;
    match processed {
        Inline::Processed => Ok(()),
        Inline::Busy => Err(WebhookError::Busy { id: id() }),
        Inline::Failed => Err(WebhookError::ReceiverFailed { id: id() }),
    }
}

/// Counts the outcome of a delivery, and puts what is logged until then into one span.
async fn measure(
    minutes: &Minutes,
    receiving: impl Future<Output = Result<Receipt, WebhookError>>,
) -> Result<Receipt, WebhookError> {
    let started = Instant::now();
    let span = tracing::info_span!("delivery", event = tracing::field::Empty);
    let received = receiving.instrument(span).await;

    match &received {
        Ok(receipt) => minutes.accepted(receipt.as_str(), started.elapsed()),
        Err(error) => minutes.refused(error.reason()),
    }
    received
}
