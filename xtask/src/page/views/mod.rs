//! The views that are measured, by the names of the table. Values are frequent and rare ones of what
//! `fill` inserts.

mod fixed;

use super::database::Database;
use super::http::Ask;
use super::{Failure, Plan};
use fixed::{EVENTS, OTHERS};

/// A view, with requests that differ in what they are about.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) name: String,
    pub(super) asks: Vec<Ask>,
}

/// Different events, objects and customers of a view.
const SUBJECTS: u64 = 40;

/// What a change is proposed for.
const RETRY: &str = "retry-events";
const REPLAY: &str = "replay-events";

/// The views, of which those are taken whose names contain `only`.
///
/// # Errors
/// A query that fails, or that no view is left.
pub(super) fn all(database: &Database<'_>, plan: &Plan) -> Result<Vec<View>, Failure> {
    let one = |name: String, view: &str| View {
        name,
        asks: vec![Ask::View(view.to_owned())],
    };
    let mut views: Vec<View> = OTHERS
        .iter()
        .map(|(name, view)| one((*name).to_owned(), view))
        .collect();
    views.extend(EVENTS.iter().map(|(name, fields)| {
        let query = if fields.is_empty() { "" } else { "?" };
        one(format!("events: {name}"), &format!("events{query}{fields}"))
    }));
    views.extend(deep(database, plan)?);
    views.extend(of_subjects(database, plan)?);
    views.extend(proposals(database)?);
    views.retain(|view| view.name.contains(&plan.only));
    if views.is_empty() {
        return Err(format!("no view's name contains `{}`: change `--only`", plan.only).into());
    }
    if let Some(View { name, .. }) = views.iter().find(|view| view.asks.is_empty()) {
        return Err(format!("{name}: there is nothing to request in so small a database").into());
    }
    Ok(views)
}

/// Pages of lists that are far from their beginning.
fn deep(database: &Database<'_>, plan: &Plan) -> Result<Vec<View>, Failure> {
    let (events, dead) = (plan.events, plan.events / 10);
    let of_events = "SELECT received_at || '.' || id FROM djstripe_event";
    let places = [
        (
            "events: all, deep page",
            "events?",
            format!(
                "{of_events} ORDER BY received_at DESC, id DESC OFFSET {}",
                events / 10 * 9
            ),
        ),
        (
            "events: dead, deep page",
            "events?state=dead&",
            format!(
                "SELECT received_at || '.' || event_id FROM djstripe_queue WHERE state IN ('retrying', 'dead') \
                     AND state = 'dead' ORDER BY received_at DESC, event_id DESC OFFSET {}",
                dead / 10 * 9
            ),
        ),
        (
            "events: name, deep page",
            "events?name=invoice.paid&",
            format!(
                "{of_events} WHERE name = 'invoice.paid' ORDER BY received_at DESC, id DESC OFFSET {}",
                events / 100 * 2
            ),
        ),
        (
            "effects: deep page",
            "effects?",
            format!(
                "SELECT created_at || '.' || key FROM djstripe_outbox ORDER BY created_at DESC, key DESC OFFSET {}",
                events / 100 * 4
            ),
        ),
        (
            "rows: deep page",
            "rows?type=invoice&",
            format!(
                "SELECT 'live/' || account || '/' || id FROM stripe_invoice WHERE account = '' AND livemode \
                     ORDER BY account, livemode, id OFFSET {}",
                plan.objects / 10
            ),
        ),
        (
            "refused deliveries, deep page",
            "refused?",
            "SELECT id FROM djstripe_delivery WHERE event_id IS NULL ORDER BY id OFFSET 2000"
                .to_owned(),
        ),
        (
            "audit, deep page",
            "audit?",
            "SELECT id FROM djstripe_audit ORDER BY id OFFSET 2000".to_owned(),
        ),
    ];
    let view = |(name, address, query): (&str, &str, String)| -> Result<View, Failure> {
        let after = database.texts(&format!("{query} LIMIT 1"))?;
        let asks = after
            .iter()
            .map(|after| format!("{address}after={}", encoded(after)));
        Ok(View {
            name: name.to_owned(),
            asks: asks.map(Ask::View).collect(),
        })
    };
    places.into_iter().map(view).collect()
}

/// Views about one event, object or customer, a different one in each request.
fn of_subjects(database: &Database<'_>, plan: &Plan) -> Result<Vec<View>, Failure> {
    let middle = plan.events / 2;
    let events = database.texts(&format!(
        "SELECT id FROM djstripe_event ORDER BY received_at OFFSET {middle} LIMIT {SUBJECTS}"
    ))?;
    let dead = dead_events(database)?;
    let effects = database.texts(&format!(
        "SELECT key FROM djstripe_outbox ORDER BY created_at OFFSET {} LIMIT {SUBJECTS}",
        middle / 20
    ))?;
    let with_effects = database.texts(&format!(
        "SELECT event_id FROM djstripe_outbox ORDER BY created_at OFFSET {} LIMIT {SUBJECTS}",
        middle / 20
    ))?;
    let requests = database.texts(&format!(
        "SELECT request_id FROM djstripe_event ORDER BY received_at DESC OFFSET 5000 LIMIT {SUBJECTS}"
    ))?;
    let orders = database.texts(&format!(
        "SELECT payload::jsonb #>> '{{data,object,metadata,order}}' FROM djstripe_event \
             WHERE payload LIKE '%\"order\":%' ORDER BY received_at DESC OFFSET 5000 LIMIT {SUBJECTS}"
    ))?;
    let deliveries = database.texts(&format!(
        "SELECT id FROM djstripe_delivery WHERE event_id IS NULL ORDER BY id DESC LIMIT {SUBJECTS}"
    ))?;
    let invoices = objects(plan, "in_1", 1);
    let customers = objects(plan, "cus_", 6);

    let views: [(&str, &str, &[String]); 17] = [
        ("event: processed", "event?id=", &events),
        ("event: dead", "event?id=", &dead),
        ("event: with effects", "event?id=", &with_effects),
        ("payload of an event", "payload?id=", &events),
        ("effect", "effect?key=", &effects),
        ("delivery: refused", "delivery?id=", &deliveries),
        (
            "object: with 5 versions",
            "object?type=invoice&mode=live&id=",
            &invoices,
        ),
        (
            "object: a customer",
            "object?type=customer&mode=live&id=",
            &customers,
        ),
        ("rows: id", "rows?type=invoice&id=", &invoices),
        ("events: object", "events?object=", &invoices),
        ("events: customer", "events?customer=", &customers),
        ("find: an event", "find?q=", &events),
        ("find: an object", "find?q=", &invoices),
        ("find: an effect", "find?q=", &effects),
        ("find: a request", "find?q=", &requests),
        (
            "search: one object's 10,000 events, a number",
            "events?object=cus_000000006&payload=data.object.amount%20%3D%20",
            &orders,
        ),
        (
            "search: the name's newest hour, a text",
            "events?name=invoice.paid&since=1h&payload=data.object.metadata.order%20%3D%20",
            &orders,
        ),
    ];
    let view = |(name, address, values): (&str, &str, &[String])| View {
        name: name.to_owned(),
        asks: values
            .iter()
            .map(|value| Ask::View(format!("{address}{}", encoded(value))))
            .collect(),
    };
    Ok(views.into_iter().map(view).collect())
}

/// Changes that are shown before they are done, of one event and of all that match.
fn proposals(database: &Database<'_>) -> Result<Vec<View>, Failure> {
    let dead = dead_events(database)?;
    let of_one = |name: &str, change: &str| View {
        name: name.to_owned(),
        asks: dead
            .iter()
            .map(|id| Ask::Form("propose", format!("change={change}&id={}", encoded(id))))
            .collect(),
    };
    let of_all = |name: &str, change: &str, filter: &str| View {
        name: name.to_owned(),
        asks: vec![Ask::Form(
            "propose",
            format!(
                "change={change}&scope=all&filter={}",
                encoded(&encoded(filter))
            ),
        )],
    };
    Ok(vec![
        of_one("proposal: retry of one", RETRY),
        of_one("proposal: replay of one", REPLAY),
        of_all("proposal: retry of all dead", RETRY, "state=dead"),
        of_all(
            "proposal: retry of all with an error",
            RETRY,
            "state=dead&receiver=load%3A%3Alistens&error=tax%20rate",
        ),
        of_all("proposal: replay of a name", REPLAY, "name=invoice.paid"),
        of_all("proposal: replay of an account", REPLAY, "account=acct_510"),
        of_all(
            "proposal: retry of dead effects",
            "retry-effects",
            "state=dead",
        ),
    ])
}

fn dead_events(database: &Database<'_>) -> Result<Vec<String>, Failure> {
    database.texts(&format!(
        "SELECT event_id FROM djstripe_queue WHERE state IN ('retrying', 'dead') AND state = 'dead' \
             ORDER BY received_at DESC OFFSET 500 LIMIT {SUBJECTS}"
    ))
}

/// Ids of objects all over their table. Those of invoices have versions.
fn objects(plan: &Plan, prefix: &str, kind: u64) -> Vec<String> {
    let step = (plan.objects / SUBJECTS / 100).max(1) * 100;
    let numbers = (1..=SUBJECTS).map(|place| place * step + kind);
    let numbers = numbers.filter(|number| *number <= plan.objects);
    numbers
        .map(|number| format!("{prefix}{number:09}"))
        .collect()
}

/// A value as a form writes it.
fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_forms_do() {
        assert_eq!(encoded("a b=…"), "a%20b%3D%E2%80%A6");
        assert_eq!(encoded(&encoded("state=dead")), "state%253Ddead");
    }
}
