//! Which of several events of one second is the later one.

use super::*;
use crate::webhook::event::ThinHead;
use crate::webhook::event_name::EventName;

fn arrival(number: i64, name: &str, object: &str, previous: &str) -> Arrival {
    let json = format!(
        r#"{{"id":"evt_{number}","type":"{name}","created":1,
            "data":{{"object":{object},"previous_attributes":{previous}}}}}"#
    );
    Arrival {
        event: Event::from_json(&json).unwrap(),
        received_at: Timestamp::from_micros(number),
    }
}

/// Each event as name, object and previous attributes; the number of the last one.
#[track_caller]
fn check(events: &[(&str, &str, &str)], expected: Option<usize>) {
    let count = events.len();
    // All rotations and their reverses: every event arrives first and last.
    for shift in 0..2 * count {
        let mut order: Vec<usize> = (0..count).map(|index| (index + shift) % count).collect();
        if shift >= count {
            order.reverse();
        }
        let arrivals: Vec<Arrival> = order
            .iter()
            .zip(1..)
            .map(|(index, number)| {
                let (name, object, previous) = events[*index];
                arrival(number, name, object, previous)
            })
            .collect();

        let sequence = sequence(&arrivals);
        let last = *sequence.order.last().unwrap();
        match expected {
            Some(expected) => {
                assert_eq!(
                    (order[last], sequence.undecided),
                    (expected, false),
                    "{order:?}"
                );
            }
            None => assert_eq!((last, sequence.undecided), (count - 1, true), "{order:?}"),
        }
    }
}

#[test]
fn previous_attributes_decide() {
    let updated = "customer.subscription.updated";
    let incomplete = (
        updated,
        r#"{"id":"s","status":"trialing"}"#,
        r#"{"status":"incomplete"}"#,
    );
    let trialing = (
        updated,
        r#"{"id":"s","status":"active"}"#,
        r#"{"status":"trialing"}"#,
    );
    check(&[incomplete, trialing], Some(1));

    // The middle of a chain connects its ends.
    let active = (
        updated,
        r#"{"id":"s","status":"past_due"}"#,
        r#"{"status":"active"}"#,
    );
    check(&[incomplete, trialing, active], Some(2));

    // Nested values, and a key of the metadata that was not there before.
    let first = (
        "customer.updated",
        r#"{"id":"c","metadata":{}}"#,
        r#"{"name":"Ann"}"#,
    );
    let second = (
        "customer.updated",
        r#"{"id":"c","metadata":{"a":"1"}}"#,
        r#"{"metadata":{"a":null}}"#,
    );
    check(&[first, second], Some(1));
}

#[test]
fn the_finer_times_of_thin_events_decide_first() {
    let order = |first: Option<i64>, second: Option<i64>| {
        let arrived = |number, name, micros: Option<i64>| {
            let Arrival { event, received_at } =
                arrival(number, name, &format!(r#"{{"n":{number}}}"#), "null");
            let id = format!("evt_thin_{number}");
            Arrival {
                event: event.also_thin(Some(ThinHead {
                    id,
                    created: micros.map(Timestamp::from_micros),
                })),
                received_at,
            }
        };
        let finalized = arrived(1, "invoice.finalized", first);
        let paid = arrived(2, "invoice.paid", second);
        sequence(&[finalized, paid])
    };
    let decided = |order: &[usize]| Sequence {
        order: order.to_vec(),
        undecided: false,
    };

    assert_eq!(order(Some(1_250_000), Some(1_750_000)), decided(&[0, 1]));
    assert_eq!(order(Some(1_750_000), Some(1_250_000)), decided(&[1, 0]));
    // Where only one has a time, or both have the same, the names decide.
    assert_eq!(order(Some(1_750_000), None), decided(&[0, 1]));
    assert_eq!(order(Some(1_250_000), Some(1_250_000)), decided(&[0, 1]));
}

#[test]
fn names_decide_what_previous_attributes_leave_open() {
    let invoice = |name, status| (name, status, "null");
    let finalized = invoice("invoice.finalized", r#"{"id":"i","status":"open"}"#);
    let paid = invoice("invoice.paid", r#"{"id":"i","status":"paid"}"#);
    check(&[finalized, paid], Some(1));
    let created = invoice("invoice.created", r#"{"id":"i","status":"draft"}"#);
    check(&[created, finalized, paid], Some(2));

    let closed = ("charge.dispute.closed", r#"{"id":"d","n":1}"#, "null");
    let reinstated = (
        "charge.dispute.funds_reinstated",
        r#"{"id":"d","n":2}"#,
        "null",
    );
    check(&[closed, reinstated], Some(1));
}

#[test]
fn arrival_decides_the_rest_and_says_so() {
    let one = (
        "product.updated",
        r#"{"id":"p","name":"a"}"#,
        r#"{"name":"x"}"#,
    );
    let other = (
        "product.updated",
        r#"{"id":"p","name":"b"}"#,
        r#"{"name":"y"}"#,
    );
    check(&[one, other], None);

    // There and back again: each could be the later one.
    let there = (
        "product.updated",
        r#"{"id":"p","name":"b"}"#,
        r#"{"name":"a"}"#,
    );
    let back = (
        "product.updated",
        r#"{"id":"p","name":"a"}"#,
        r#"{"name":"b"}"#,
    );
    check(&[there, back], None);
}

#[test]
fn events_with_the_same_content_need_no_order() {
    let same = ("invoice.paid", r#"{"id":"i","status":"paid"}"#, "null");
    let too = (
        "invoice.payment_succeeded",
        r#"{"id":"i","status":"paid"}"#,
        "null",
    );
    let arrivals = [
        arrival(1, same.0, same.1, same.2),
        arrival(2, too.0, too.1, too.2),
    ];
    assert!(!sequence(&arrivals).undecided);
}

#[test]
fn every_name_of_a_sequence_is_in_the_catalogue() {
    for name in SEQUENCES.iter().copied().flatten() {
        assert!(EventName::new(name).is_known(), "{name}");
    }
}
