//! The order of an object's events of one second. Does no IO.
//!
//! In: the events. Out: their order, and whether the last one is known. Stripe gives the time of a
//! snapshot event in whole seconds, and promises no order of delivery. In this order decide:
//!
//! 1. The finer times of their thin events, where both have one.
//! 2. `previous_attributes`: they hold the values before the change, so an event comes after
//!    another one whose object has these values.
//! 3. The names: an invoice is finalized before it is paid.
//! 4. The arrival. It proves nothing, so the answer is marked as undecided.
//!
//! Sources: [Event ordering](https://docs.stripe.com/webhooks#event-ordering),
//! [the event object](https://docs.stripe.com/api/events/object),
//! [the event object of API v2](https://docs.stripe.com/api/v2/core/events/object),
//! [types of events](https://docs.stripe.com/api/events/types).

use serde_json::Value;

use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// An event and when it was stored.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) event: Event,
    pub(super) received_at: Timestamp,
}

/// The order of several events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// Their indexes, the last event last.
    pub(super) order: Vec<usize>,
    /// Whether only the arrival decided which one is the last.
    pub(super) undecided: bool,
}

/// Names of events of one object in the order in which they happen.
const SEQUENCES: &[&[&str]] = &[
    &[
        "charge.pending",
        "charge.succeeded",
        "charge.captured",
        "charge.refunded",
    ],
    &["charge.pending", "charge.failed"],
    &["charge.pending", "charge.expired"],
    &[
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ],
    &[
        "checkout.session.completed",
        "checkout.session.async_payment_failed",
    ],
    &[
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
    ],
    &["credit_note.created", "credit_note.voided"],
    &[
        "customer.subscription.created",
        "customer.subscription.trial_will_end",
        "customer.subscription.deleted",
    ],
    &[
        "customer.subscription.created",
        "customer.subscription.paused",
        "customer.subscription.resumed",
    ],
    &[
        "identity.verification_session.created",
        "identity.verification_session.processing",
        "identity.verification_session.verified",
        "identity.verification_session.redacted",
    ],
    &[
        "identity.verification_session.processing",
        "identity.verification_session.requires_input",
    ],
    &[
        "identity.verification_session.created",
        "identity.verification_session.canceled",
    ],
    &[
        "invoice.created",
        "invoice.finalization_failed",
        "invoice.finalized",
        "invoice.sent",
        "invoice.overdue",
        "invoice.marked_uncollectible",
        "invoice.voided",
    ],
    &[
        "invoice.finalized",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "invoice.payment_succeeded",
        "invoice.paid",
    ],
    &["invoice.marked_uncollectible", "invoice.paid"],
    &["invoice.sent", "invoice.paid"],
    &[
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
    ],
    &[
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
    ],
    &["payment_intent.payment_failed", "payment_intent.canceled"],
    &["payment_method.attached", "payment_method.detached"],
    &["payout.created", "payout.paid", "payout.failed"],
    &["payout.created", "payout.canceled"],
    &["payout.paid", "payout.reconciliation_completed"],
    &["quote.created", "quote.finalized", "quote.accepted"],
    &["quote.finalized", "quote.canceled"],
    &["refund.created", "refund.failed"],
    &[
        "setup_intent.created",
        "setup_intent.requires_action",
        "setup_intent.succeeded",
    ],
    &[
        "setup_intent.requires_action",
        "setup_intent.setup_failed",
        "setup_intent.canceled",
    ],
    &["source.chargeable", "source.canceled"],
    &[
        "subscription_schedule.created",
        "subscription_schedule.completed",
    ],
    &[
        "subscription_schedule.created",
        "subscription_schedule.expiring",
        "subscription_schedule.released",
    ],
    &[
        "subscription_schedule.created",
        "subscription_schedule.aborted",
    ],
    &[
        "subscription_schedule.created",
        "subscription_schedule.canceled",
    ],
    &["topup.created", "topup.succeeded", "topup.reversed"],
    &["topup.created", "topup.failed"],
    &["transfer.created", "transfer.reversed"],
];

/// The order of several events of one object and one second.
pub(super) fn sequence(arrivals: &[Arrival]) -> Sequence {
    let contents: Vec<Content> = arrivals.iter().map(Content::read).collect();
    let mut known = Order::new(arrivals.len());
    known.add(|before, after| {
        let time = |index: usize| arrivals[index].event.thin_created();
        time(before)
            .zip(time(after))
            .is_some_and(|(before, after)| before < after)
    });
    known.add(|before, after| contents[after].comes_after(&contents[before]));
    known.add(|before, after| {
        let name = |index: usize| arrivals[index].event.name().as_str();
        is_named_before(name(before), name(after))
    });

    let by_arrival = |index: &usize| {
        let arrival = &arrivals[*index];
        (arrival.received_at, arrival.event.id())
    };
    let mut left: Vec<usize> = (0..arrivals.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    let mut undecided = false;
    loop {
        let candidates = known.last(&left);
        let Some(last) = candidates.iter().copied().max_by_key(by_arrival) else {
            break;
        };
        if order.is_empty() {
            let object = &contents[last].object;
            undecided = candidates
                .iter()
                .any(|other| contents[*other].object != *object);
        }
        left.retain(|index| *index != last);
        order.push(last);
    }
    order.reverse();
    Sequence { order, undecided }
}

/// Whether the names say that one event comes before another one.
fn is_named_before(before: &str, after: &str) -> bool {
    let family = |name: &str| name.rsplit_once('.').map(|(family, _)| family.to_owned());
    let is_verb = |name: &str, verb: &str| name.rsplit('.').next() == Some(verb);
    if family(before) == family(after) && before != after {
        if is_verb(before, "created") || is_verb(after, "deleted") {
            return true;
        }
        if is_verb(after, "created") || is_verb(before, "deleted") {
            return false;
        }
    }

    SEQUENCES.iter().any(|sequence| {
        let place = |name: &str| sequence.iter().position(|other| *other == name);
        place(before)
            .zip(place(after))
            .is_some_and(|(before, after)| before < after)
    })
}

/// What an event says about its object.
struct Content {
    object: Value,
    previous: Option<Value>,
}

impl Content {
    fn read(arrival: &Arrival) -> Self {
        let parse = |json: &str| serde_json::from_str(json).ok();
        Self {
            object: arrival
                .event
                .object_json()
                .and_then(parse)
                .unwrap_or_default(),
            previous: arrival.event.previous_json().and_then(parse),
        }
    }

    /// Whether the values before this event's change are those of the other event.
    fn comes_after(&self, other: &Self) -> bool {
        self.previous.as_ref().is_some_and(|previous| {
            previous
                .as_object()
                .is_some_and(|fields| !fields.is_empty())
                && holds(&other.object, previous)
        })
    }
}

/// Whether `value` has the values of `part`. A field that is `null` in `part` may be missing.
fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(fields), Value::Object(parts)) => parts
            .iter()
            .all(|(name, part)| holds(fields.get(name).unwrap_or(&Value::Null), part)),
        _ => value == part,
    }
}

/// What is known about the order of some events.
struct Order {
    /// `is_before[a][b]`: a comes before b.
    is_before: Vec<Vec<bool>>,
}

impl Order {
    fn new(events: usize) -> Self {
        Self {
            is_before: vec![vec![false; events]; events],
        }
    }

    /// Adds what `precedes` says about each pair of which nothing is known, and what follows from
    /// it. If it says that each of two comes before the other, it says nothing.
    fn add(&mut self, precedes: impl Fn(usize, usize) -> bool) {
        let events = self.is_before.len();
        for (before, after) in pairs(events) {
            let is_known = self.is_before[before][after] || self.is_before[after][before];
            if !is_known {
                let (forwards, backwards) = (precedes(before, after), precedes(after, before));
                self.is_before[before][after] = forwards && !backwards;
                self.is_before[after][before] = backwards && !forwards;
            }
        }

        for between in 0..events {
            for before in 0..events {
                for after in 0..events {
                    let follows = self.is_before[before][between] && self.is_before[between][after];
                    self.is_before[before][after] |= follows;
                }
            }
        }
        self.drop_cycles();
    }

    /// Where each of two events comes before the other, nothing is known about them.
    fn drop_cycles(&mut self) {
        for (one, other) in pairs(self.is_before.len()) {
            if self.is_before[one][other] && self.is_before[other][one] {
                self.is_before[one][other] = false;
                self.is_before[other][one] = false;
            }
        }
    }

    /// Those of some events that come before no other one of them.
    fn last(&self, events: &[usize]) -> Vec<usize> {
        let is_last = |index: &usize| {
            let is_before = &self.is_before[*index];
            !events
                .iter()
                .any(|other| other != index && is_before[*other])
        };
        events.iter().copied().filter(is_last).collect()
    }
}

/// All pairs of different indexes, each once.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |left| (left + 1..count).map(move |right| (left, right)))
}

#[cfg(test)]
mod tests;
