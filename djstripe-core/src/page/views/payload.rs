//! The payload of an event as a tree, what it says has changed, and the payload as it was received.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::mirror::DroppedFields;
use crate::page::access::Right;
use crate::page::error::PageError;
use crate::page::json::Json;
use crate::page::json::difference::{Compared, changes, table};
use crate::page::json::tree::tree;
use crate::page::shown::{shown_up_to, size};
use crate::page::visit::Visit;
use crate::store::StoredEvent;

pub(super) fn show(visit: &Visit, event: &StoredEvent, text: &str) -> Markup {
    let value = Json::read(text);
    let link = |id: &str| visit.find(id);
    html! {
        (changed(visit, &value))
        h2 { "Payload" }
        p.bar {
            span.soft { (size(text.len())) ", API version "
                (event.api_version.as_deref().map_or("unknown".to_owned(), |version| shown_up_to(version, 60))) }
            @if visit.sees_personal() {
                a href=(visit.to("payload", &[("id", &event.id)])) download { "Download as received" }
                button type="button" data-copy=(visit.to("payload", &[("id", &event.id)])) hidden { "Copy" }
            } @else {
                span.soft { "Personal fields are hidden: you lack the right to read them." }
            }
        }
        @let value = if visit.sees_personal() { value } else { value.without_personal() };
        (tree(&value, &link))
    }
}

/// What the event says has changed: `previous_attributes` of a snapshot event, `changes` of a thin one.
fn changed(visit: &Visit, payload: &Json) -> Markup {
    let data = payload.get("data");
    let of_snapshot = data.and_then(|data| {
        let (before, after) = (data.get("previous_attributes")?, data.get("object")?);
        Some(changes(before, after, Compared::OfBefore))
    });
    let of_thin = || {
        let told = payload.get("changes").or_else(|| data?.get("changes"))?;
        let (before, after) = (told.get("before")?, told.get("after")?);
        Some(changes(before, after, Compared::All))
    };
    let Some(found) = of_snapshot.or_else(of_thin) else {
        return html! {};
    };
    html! {
        h2 { "What changed" }
        @if found.is_empty() { p { "The event names no field that differs." } }
        @else { (table(&found, "Changes that the event tells of", visit.sees_personal())) }
    }
}

/// The payload as it was received, but for secrets.
pub(in crate::page) async fn download(visit: &Visit) -> Result<Response, PageError> {
    visit.require(Right::Personal)?;
    let id = visit.required("id")?;
    let Some((_, text)) = visit.store().event(id).await? else {
        return Err(PageError::NotFound("No such event is stored.".to_owned()));
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"event.json\""),
        ),
    ];
    // What has none stays as it is, to the letter.
    let text = match text.contains("secret") {
        true => DroppedFields::secrets().strip_owned(text),
        false => text,
    };
    Ok((headers, text).into_response())
}
