//! Subscription schedules, and the test clocks that move them.
//!
//! Sources: [Subscription schedules](https://docs.stripe.com/billing/subscriptions/subscription-schedules),
//! [Test clocks](https://docs.stripe.com/billing/testing/test-clocks).

use serde_json::{Map, Value, json};

use super::invoices::{self, period_of, required};
use super::subscriptions;
use crate::testing::answer::Answer;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::template;

/// How long before the end of a schedule Stripe tells of it. It documents seven days; the fixtures
/// of its command line expect the event nine days before.
const EXPIRING: i64 = 9 * 86_400;

/// `POST /v1/subscription_schedules`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    let customer = required(&given, "customer")?;
    let now = subscriptions::clock(writer, &customer);
    let start = given["start_date"].as_i64().unwrap_or(now);
    let phases = phases(writer, &given["phases"], start);

    let known = template("subscription_schedule");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["test_clock"] = subscriptions::test_clock(writer, &customer);
    if fields["end_behavior"].is_null() {
        fields["end_behavior"] = "release".into();
    }
    if start > now {
        fields["status"] = "not_started".into();
    } else {
        let items = phases
            .first()
            .map_or(Value::Null, |phase| phase["items"].clone());
        let params = json!({ "customer": customer, "items": items });
        let params = params.as_object().cloned().unwrap_or_default();
        let subscription = subscriptions::create(writer, params)?;
        fields["subscription"] = subscription["id"].clone();
        fields["status"] = "active".into();
        fields["current_phase"] = phases.first().map_or(
            Value::Null,
            |phase| json!({ "start_date": phase["start_date"], "end_date": phase["end_date"] }),
        );
    }
    fields["phases"] = phases.into();
    let schedule = writer.create("subscription_schedule", fields);

    if let Some(subscription) = writer.get("subscription", text(&schedule, "subscription")) {
        writer.set(&subscription, json!({ "schedule": schedule["id"] }));
    }
    Ok(schedule)
}

/// The phases with their times and the fields that every phase has.
fn phases(writer: &mut Writer<'_>, given: &Value, start: i64) -> Vec<Value> {
    let mut phases = Vec::new();
    let mut start = start;
    for given in given.as_array().into_iter().flatten() {
        let mut phase = given.clone();
        let mut end = start;
        let mut currency = Value::Null;
        for item in phase["items"].as_array_mut().into_iter().flatten() {
            let price = invoices::price(writer, text(item, "price"));
            currency = price["currency"].clone();
            let periods = given["iterations"].as_i64().unwrap_or(1);
            end = start + (period_of(&price, start) - start) * periods;
            for (name, empty) in [
                ("discounts", json!([])),
                ("billing_thresholds", Value::Null),
            ] {
                item[name] = empty;
            }
        }

        end = given["end_date"].as_i64().unwrap_or(end);
        for (name, value) in [
            ("start_date", start.into()),
            ("end_date", end.into()),
            ("currency", currency),
            ("add_invoice_items", json!([])),
            ("discounts", json!([])),
            ("metadata", json!({})),
            ("proration_behavior", "create_prorations".into()),
        ] {
            phase[name] = value;
        }
        if let Value::Object(phase) = &mut phase {
            phase.remove("iterations");
        }
        phases.push(phase);
        start = end;
    }
    phases
}

/// `POST /v1/subscription_schedules/{schedule}/cancel`, which cancels its subscription too.
pub(in crate::testing) fn cancel(writer: &mut Writer<'_>, schedule: &Value) -> Outcome {
    let has_begun = schedule["status"] == "active";
    end_subscription(writer, schedule);
    let fields = json!({ "status": "canceled", "canceled_at": writer.now() });
    let schedule = writer.change(schedule, fields);
    // The command line of Stripe gets this event by canceling a schedule that has not begun.
    if !has_begun {
        writer.emit("subscription_schedule.aborted", &schedule);
    }
    writer.emit("subscription_schedule.canceled", &schedule);
    Ok(schedule)
}

fn end_subscription(writer: &mut Writer<'_>, schedule: &Value) {
    let id = text(schedule, "subscription");
    if let Some(subscription) = writer.get("subscription", id) {
        let now = writer.now();
        let fields = json!({ "status": "canceled", "canceled_at": now, "ended_at": now });
        let (canceled, _) = writer.set(&subscription, fields);
        writer.emit("customer.subscription.deleted", &canceled);
    }
}

/// `POST /v1/subscription_schedules/{schedule}/release`, which leaves the subscription as it is.
pub(in crate::testing) fn release(writer: &mut Writer<'_>, schedule: &Value) -> Outcome {
    let fields = json!({
        "status": "released", "released_at": writer.now(), "subscription": null,
        "released_subscription": schedule["subscription"],
    });
    let schedule = writer.change(schedule, fields);
    writer.emit("subscription_schedule.released", &schedule);
    Ok(schedule)
}

/// `POST /v1/test_helpers/test_clocks/{clock}/advance`.
pub(in crate::testing) fn advance(
    writer: &mut Writer<'_>,
    clock: &Value,
    params: &Value,
) -> Outcome {
    let Some(time) = params["frozen_time"].as_i64() else {
        return Err(Box::new(Answer::missing_parameter("frozen_time")));
    };
    if time < number(clock, "frozen_time") {
        let message = "A test clock can't go back in time.";
        return Err(Box::new(Answer::invalid(message, Some("frozen_time"))));
    }

    let fields = json!({ "status": "advancing", "frozen_time": time });
    let (advancing, _) = writer.set(clock, fields);
    writer.emit("test_helpers.test_clock.advancing", &advancing);
    for schedule in writer.with("subscription_schedule", "test_clock", text(clock, "id")) {
        move_to(writer, &schedule, time);
    }
    let (ready, _) = writer.set(&advancing, json!({ "status": "ready" }));
    writer.emit("test_helpers.test_clock.ready", &ready);
    Ok(advancing)
}

/// Moves a schedule to this time.
fn move_to(writer: &mut Writer<'_>, schedule: &Value, time: i64) {
    let last = schedule["phases"]
        .as_array()
        .and_then(|phases| phases.last());
    let end = last.map_or(i64::MAX, |phase| number(phase, "end_date"));
    if schedule["status"] != "active" || time < end - EXPIRING {
        return;
    }
    if time < end {
        return writer.emit("subscription_schedule.expiring", schedule);
    }

    if schedule["end_behavior"] == "cancel" {
        end_subscription(writer, schedule);
    }
    let fields = json!({ "status": "completed", "completed_at": time, "current_phase": null });
    let schedule = writer.change(schedule, fields);
    writer.emit("subscription_schedule.completed", &schedule);
}
