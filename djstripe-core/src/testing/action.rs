//! What can be done with an object besides to change and to delete it: `POST` to the object's path
//! and a verb.
//!
//! What comes in: the path and the parameters. What goes out: the object as it is then, with the
//! events that tell of it.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::flows::{
    balance, checkout, invoices, issuing, methods, payments, schedules, setups, subscriptions,
};
use super::route::{Target, route};
use super::writer::{Outcome, Writer};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::template;

/// One thing that can be done with the objects of a type.
struct Action {
    object: &'static str,
    verb: &'static str,
    /// The status that the object must have; empty if any will do.
    from: &'static [&'static str],
    step: Step,
}

/// What an action does.
enum Step {
    /// It gives the object another status, and sets a field to the time of that.
    Move {
        to: &'static str,
        stamp: Option<&'static str>,
        event: Option<&'static str>,
    },
    /// It does more.
    Flow(fn(&mut Writer<'_>, &Value, &Value) -> Outcome),
}

const fn flow(
    object: &'static str,
    verb: &'static str,
    from: &'static [&'static str],
    flow: fn(&mut Writer<'_>, &Value, &Value) -> Outcome,
) -> Action {
    let step = Step::Flow(flow);
    Action {
        object,
        verb,
        from,
        step,
    }
}

const fn to(
    object: &'static str,
    verb: &'static str,
    from: &'static [&'static str],
    to: &'static str,
    stamp: Option<&'static str>,
    event: Option<&'static str>,
) -> Action {
    let step = Step::Move { to, stamp, event };
    Action {
        object,
        verb,
        from,
        step,
    }
}

/// The status of intents that are not at their end.
const UNDECIDED: &[&str] = &[
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
];
const CONFIRMABLE: &[&str] = &[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
];

/// Everything that can be done. The names of the events are those of Stripe's catalogue.
///
/// Source: the reference page of each object, <https://docs.stripe.com/api>.
static ACTIONS: &[Action] = &[
    to("billing.alert", "activate", &[], "active", None, None),
    to("billing.alert", "archive", &[], "archived", None, None),
    to("billing.alert", "deactivate", &[], "inactive", None, None),
    to(
        "billing.meter",
        "deactivate",
        &["active"],
        "inactive",
        None,
        Some("billing.meter.deactivated"),
    ),
    to(
        "billing.meter",
        "reactivate",
        &["inactive"],
        "active",
        None,
        Some("billing.meter.reactivated"),
    ),
    flow("charge", "capture", &["succeeded"], |writer, it, given| {
        payments::capture_of_charge(writer, it, given)
    }),
    flow("checkout.session", "expire", &["open"], |writer, it, _| {
        checkout::expire(writer, it)
    }),
    to(
        "climate.order",
        "cancel",
        &[],
        "canceled",
        Some("canceled_at"),
        Some("climate.order.canceled"),
    ),
    to(
        "credit_note",
        "void",
        &["issued"],
        "void",
        Some("voided_at"),
        Some("credit_note.voided"),
    ),
    flow("customer", "fund_cash_balance", &[], |writer, it, given| {
        balance::fund(writer, text(it, "id"), given)
    }),
    flow("dispute", "close", &[], |writer, it, _| {
        balance::close_dispute(writer, it)
    }),
    to(
        "financial_connections.account",
        "disconnect",
        &[],
        "disconnected",
        None,
        Some("financial_connections.account.disconnected"),
    ),
    to(
        "identity.verification_session",
        "cancel",
        &["requires_input"],
        "canceled",
        None,
        Some("identity.verification_session.canceled"),
    ),
    flow(
        "identity.verification_session",
        "redact",
        &[],
        |writer, it, _| redact(writer, it),
    ),
    flow("invoice", "finalize", &["draft"], |writer, it, _| {
        invoices::finalize(writer, it)
    }),
    flow(
        "invoice",
        "mark_uncollectible",
        &["open"],
        |writer, it, _| invoices::give_up(writer, it),
    ),
    flow(
        "invoice",
        "pay",
        &["draft", "open", "uncollectible"],
        invoices::pay,
    ),
    flow("invoice", "send", &["draft", "open"], |writer, it, _| {
        invoices::send(writer, it)
    }),
    flow(
        "invoice",
        "void",
        &["open", "uncollectible"],
        |writer, it, _| invoices::void(writer, it),
    ),
    to(
        "issuing.dispute",
        "submit",
        &["unsubmitted"],
        "submitted",
        None,
        Some("issuing_dispute.submitted"),
    ),
    to(
        "payment_intent",
        "cancel",
        UNDECIDED,
        "canceled",
        Some("canceled_at"),
        Some("payment_intent.canceled"),
    ),
    flow(
        "payment_intent",
        "capture",
        &["requires_capture"],
        payments::capture,
    ),
    flow(
        "payment_intent",
        "confirm",
        CONFIRMABLE,
        payments::confirm_with,
    ),
    flow("payment_method", "attach", &[], |writer, it, given| {
        methods::attach(writer, text(it, "id"), given)
    }),
    flow("payment_method", "detach", &[], |writer, it, _| {
        methods::detach(writer, it)
    }),
    to(
        "payout",
        "cancel",
        &["pending"],
        "canceled",
        None,
        Some("payout.canceled"),
    ),
    flow("quote", "accept", &["open"], |writer, it, _| {
        subscriptions::accept_quote(writer, it)
    }),
    flow("quote", "cancel", &["draft", "open"], |writer, it, _| {
        subscriptions::cancel_quote(writer, it)
    }),
    flow("quote", "finalize", &["draft"], |writer, it, _| {
        subscriptions::finalize_quote(writer, it)
    }),
    to(
        "refund",
        "cancel",
        &["requires_action", "pending"],
        "canceled",
        None,
        None,
    ),
    to(
        "setup_intent",
        "cancel",
        UNDECIDED,
        "canceled",
        None,
        Some("setup_intent.canceled"),
    ),
    flow("setup_intent", "confirm", CONFIRMABLE, setups::confirm_with),
    to(
        "subscription",
        "resume",
        &["paused"],
        "active",
        None,
        Some("customer.subscription.resumed"),
    ),
    flow(
        "subscription_schedule",
        "cancel",
        &["not_started", "active"],
        |writer, it, _| schedules::cancel(writer, it),
    ),
    flow(
        "subscription_schedule",
        "release",
        &["not_started", "active"],
        |writer, it, _| schedules::release(writer, it),
    ),
    flow(
        "test_helpers.test_clock",
        "advance",
        &["ready"],
        schedules::advance,
    ),
    to(
        "topup",
        "cancel",
        &["pending"],
        "canceled",
        None,
        Some("topup.canceled"),
    ),
    to(
        "treasury.outbound_payment",
        "cancel",
        &["processing"],
        "canceled",
        None,
        Some("treasury.outbound_payment.canceled"),
    ),
    to(
        "treasury.outbound_transfer",
        "cancel",
        &["processing"],
        "canceled",
        None,
        Some("treasury.outbound_transfer.canceled"),
    ),
];

/// The page of a checkout session, which the customer's browser asks for. Only Stripe's command
/// line uses this path besides.
const PAYMENT_PAGES: &str = "/v1/payment_pages/";
const FORCE_CAPTURE: &str = "/v1/test_helpers/issuing/transactions/create_force_capture";
const TEST_AUTHORIZATIONS: &str = "/test/authorizations";

/// Objects that can be created, but neither retrieved nor listed.
const CREATED_ONLY: [(&str, &str); 5] = [
    ("/v1/account_links", "account_link"),
    ("/v1/account_sessions", "account_session"),
    ("/v1/billing_portal/sessions", "billing_portal.session"),
    ("/v1/customer_sessions", "customer_session"),
    (
        "/v1/terminal/connection_tokens",
        "terminal.connection_token",
    ),
];

/// `GET` of a checkout session's page.
pub(super) fn page(writer: &Writer<'_>, path: &str) -> Option<Outcome> {
    let id = path.strip_prefix(PAYMENT_PAGES)?;
    Some(writer.named("checkout.session", id, "id"))
}

/// Does what the path says; `None` if Stripe has no such path.
pub(super) fn act(
    writer: &mut Writer<'_>,
    path: &str,
    params: Map<String, Value>,
) -> Option<Outcome> {
    let mut params = Value::Object(params);
    if let Value::Object(params) = &mut params {
        params.remove("expand");
    }
    if let Some((_, object)) = CREATED_ONLY.iter().find(|(known, _)| *known == path) {
        if let Some(customer) = params["customer"].as_str()
            && let Err(missing) = writer.named("customer", customer, "customer")
        {
            return Some(Err(missing));
        }
        let Value::Object(params) = params else {
            return None;
        };
        let fields = template(object).map(|known| known.known(params));
        return Some(Ok(writer.create(object, fields.unwrap_or_default().into())));
    }
    if path == FORCE_CAPTURE {
        return Some(issuing::force_capture(writer, &params));
    }
    if let Some(path) = path.strip_prefix(PAYMENT_PAGES) {
        let id = path.strip_suffix("/confirm")?;
        return Some(checkout::complete(writer, id, &params));
    }
    if let Some(card) = path.strip_suffix(TEST_AUTHORIZATIONS) {
        let card = match subject(writer, card)? {
            Ok(card) => card,
            Err(missing) => return Some(Err(missing)),
        };
        return Some(issuing::authorize(writer, &card, &params));
    }

    let (above, verb) = path.rsplit_once('/')?;
    let action = action_of(above, verb)?;
    let object = match subject(writer, above)? {
        Ok(object) => object,
        Err(missing) => return Some(Err(missing)),
    };
    Some(run(writer, action, &object, &params))
}

/// The action with this verb on the object at a path.
fn action_of(path: &str, verb: &str) -> Option<&'static Action> {
    let objects = route(&plain(path))?.objects;
    let fits = |action: &&Action| action.verb == verb && objects.contains(&action.object);
    ACTIONS.iter().find(fits)
}

/// The path of an object, of which Stripe's helpers for tests have a second one.
fn plain(path: &str) -> String {
    match route(path) {
        Some(_) => path.to_owned(),
        None => path.replacen("/test_helpers/", "/", 1),
    }
}

/// The object at this path. The name of a test card makes a payment method.
fn subject(writer: &mut Writer<'_>, path: &str) -> Option<Outcome> {
    let route = route(&plain(path))?;
    let Target::One(id) = &route.target else {
        return None;
    };
    if route.objects == ["payment_method"] {
        return Some(methods::resolve(writer, id));
    }
    let found = writer.state.find(writer.scope, &route.objects, id).cloned();
    Some(found.ok_or_else(|| Box::new(Answer::missing(&route.objects, id, "id"))))
}

fn run(writer: &mut Writer<'_>, action: &Action, object: &Value, params: &Value) -> Outcome {
    let status = text(object, "status");
    if !action.from.is_empty() && !action.from.contains(&status) {
        let refusal = Answer::wrong_status(action.object, status, action.verb);
        return Err(Box::new(refusal));
    }

    match &action.step {
        Step::Flow(flow) => flow(writer, object, params),
        Step::Move { to, stamp, event } => {
            let given = params.as_object().cloned().unwrap_or_default();
            let known = template(action.object).map(|known| known.known(given));
            let mut fields = Value::Object(known.unwrap_or_default());
            fields["status"] = (*to).into();
            if let Some(stamp) = stamp {
                fields[*stamp] = writer.now().into();
            }
            let moved = writer.change(object, fields);
            if let Some(event) = event {
                writer.emit(event, &moved);
            }
            Ok(moved)
        }
    }
}

/// Removes what a verification session knows of a person.
fn redact(writer: &mut Writer<'_>, session: &Value) -> Outcome {
    let fields = json!({
        "redaction": { "status": "redacted" }, "verified_outputs": null, "provided_details": null,
    });
    let (session, _) = writer.set(session, fields);
    writer.emit("identity.verification_session.redacted", &session);
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::event_name::EventName;

    #[test]
    fn actions_lead_to_what_the_facts_have() {
        for Action {
            object,
            verb,
            from,
            step,
        } in ACTIONS
        {
            let known = template(object).unwrap();
            let is_open = ["payout", "refund"].contains(object);
            for status in *from {
                let is_status = known.has_status(status) || is_open;
                // One list of states serves payment intents and setup intents.
                let is_shared = *object == "setup_intent" && *status == "requires_capture";
                assert!(is_status || is_shared, "{object} {verb}: {status}");
            }

            let Step::Move { to, event, .. } = step else {
                continue;
            };
            assert!(known.has_status(to) || is_open, "{object} {verb}: {to}");
            if let Some(event) = event {
                let event = EventName::new(event);
                assert!(event.objects().contains(object), "{object} {verb}: {event}");
            }
        }
    }
}
