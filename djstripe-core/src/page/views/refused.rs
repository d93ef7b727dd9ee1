//! Deliveries that were refused, with the reason, the sender and the headers.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::layout::{View, code, code_or_none, facts, table};
use crate::page::shown::{shown, shown_block, size};
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::store::DeliveryRecord;

/// Deliveries of a page.
const PAGE: u32 = 50;

/// Parts of the names of headers whose values open something: they are never shown.
const SECRET_PARTS: [&str; 9] = [
    "api-key",
    "apikey",
    "auth",
    "cookie",
    "credential",
    "password",
    "secret",
    "signature",
    "token",
];

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let after = visit.params.get("after").and_then(|text| text.parse().ok());
    let after: i64 = after.unwrap_or(i64::MAX);
    let mut found = visit
        .store()
        .deliveries_after(None, after, PAGE + 1)
        .await?;
    let are_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let rows: Vec<Markup> = found.iter().map(|delivery| row(visit, delivery)).collect();
    let content = html! {
        p.soft { "The newest refused requests to the webhook endpoints; some of each sender are kept." }
        @if rows.is_empty() { p { "No delivery was refused." } }
        @else { (table("Refused deliveries, newest first", &["Delivery", "Received", "Reason", "From", "Endpoint"], &rows)) }
        @if are_more && let Some(last) = found.last() {
            nav.bar aria-label="Pages" {
                a rel="next" href=(visit.to("refused", &[("after", &last.id.to_string())])) { "Older deliveries" }
            }
        }
    };
    Ok(View::new("Refused deliveries", content))
}

fn row(visit: &Visit, delivery: &DeliveryRecord) -> Markup {
    let id = delivery.id.to_string();
    html! {
        th scope="row" { a href=(visit.to("delivery", &[("id", &id)])) { (id) } }
        td { (at(delivery.received_at, visit.now)) }
        td.long { (delivery.reason.as_deref().map(shown).unwrap_or_default()) }
        td { (code_or_none(delivery.remote_address.as_deref())) }
        td { (delivery.endpoint.as_deref().map_or("default".to_owned(), shown)) }
    }
}

/// One refused delivery.
pub(in crate::page) async fn one(visit: &Visit) -> Result<View, PageError> {
    let id = visit.required("id")?;
    let number: Option<i64> = id.parse().ok();
    let found = match number {
        // It is the newest of those that are older than the next one.
        Some(id) => {
            visit
                .store()
                .deliveries_after(None, id.saturating_add(1), 1)
                .await?
        }
        None => Vec::new(),
    };
    let delivery = found
        .into_iter()
        .find(|delivery| Some(delivery.id) == number);
    let Some(delivery) = delivery else {
        return Err(PageError::NotFound(
            "No refused delivery of this number is kept: older ones make room for newer ones."
                .to_owned(),
        ));
    };

    let content = html! {
        (facts(&[
            ("Reason", html! { (delivery.reason.as_deref().map(shown).unwrap_or_default()) }),
            ("Received", at(delivery.received_at, visit.now)),
            ("From", code_or_none(delivery.remote_address.as_deref())),
            ("Endpoint", code(delivery.endpoint.as_deref().unwrap_or("default"))),
        ]))
        h2 { "Headers" }
        (headers(delivery.headers.as_deref()))
        h2 { "Body" }
        (body(visit, delivery.body.as_deref().unwrap_or_default()))
    };
    Ok(View::new(
        format!("Refused delivery {number}", number = delivery.id),
        content,
    ))
}

fn headers(json: Option<&str>) -> Markup {
    let pairs = json.and_then(|json| serde_json::from_str::<Vec<(String, String)>>(json).ok());
    let rows: Vec<Markup> = pairs
        .unwrap_or_default()
        .iter()
        .take(100)
        .map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let is_secret = SECRET_PARTS.iter().any(|part| lower.contains(part));
            html! {
                th scope="row" { (code(name)) }
                td.long { @if is_secret { em.soft { "not shown" } } @else { (code(value)) } }
            }
        })
        .collect();
    if rows.is_empty() {
        return html! { p { "No headers are kept." } };
    }
    table("Headers as they were sent", &["Name", "Value"], &rows)
}

/// The body of a request that nobody vouches for: it may hold anything.
fn body(visit: &Visit, body: &[u8]) -> Markup {
    if body.is_empty() {
        return html! { p { "It had no body." } };
    }
    if !visit.sees_personal() {
        return html! { p { (size(body.len())) ", not shown: you lack the right to read personal fields." } };
    }
    html! {
        p.soft { (size(body.len())) }
        pre tabindex="0" { (shown_block(&String::from_utf8_lossy(body))) }
    }
}
