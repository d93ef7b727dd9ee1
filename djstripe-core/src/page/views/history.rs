//! The states that an object had, what changed between them, and which event brought each.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::json::Json;
use crate::page::json::difference::{Change, Compared, changes, table};
use crate::page::layout::code;
use crate::page::shown::shown_up_to;
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::store::{ObjectVersion, StoredEvent, VersionPosition, VersionedObject};
use crate::webhook::event::Event;

/// Versions of a page.
const PAGE: u32 = 20;

/// Changes that the line of an event names.
const MOST_NAMED: usize = 8;

/// The history of an object.
pub(super) async fn show(visit: &Visit, object: &VersionedObject) -> Result<Markup, PageError> {
    let after = visit.params.get("version");
    let after = after.map(str::parse::<VersionPosition>).transpose();
    let after = after.map_err(|error| PageError::Invalid(format!("{error}.")))?;
    // One more, which the last of the page is compared with.
    let mut versions = visit
        .store()
        .object_versions(object, after, PAGE + 1)
        .await?;
    let is_kept = visit.store().keeps_versions_of(&object.object);
    if versions.is_empty() {
        let text = if is_kept {
            "No version is stored yet: one is, when the object changes."
        } else {
            "Versions of this type are not kept. Name the type in DJSTRIPE_VERSIONS, or in \
             keep_versions_of of the builder."
        };
        return Ok(html! { p { (text) } });
    }

    let are_more = versions.len() > PAGE as usize;
    let before = if are_more { versions.pop() } else { None };
    let mut parts = Vec::with_capacity(versions.len());
    for (index, version) in versions.iter().enumerate() {
        let earlier = versions.get(index + 1).or(before.as_ref());
        parts.push(of_version(visit, version, earlier));
    }
    Ok(html! {
        ol.plain { @for part in &parts { li { (part) } } }
        @if are_more && let Some(last) = versions.last() {
            @let fields = visit.params.with("version", &last.position().to_string());
            p { a rel="next" href=(visit.link("object", &fields)) { "Earlier versions" } }
        }
    })
}

fn of_version(visit: &Visit, version: &ObjectVersion, earlier: Option<&ObjectVersion>) -> Markup {
    let found = earlier.map(|earlier| between(earlier, version));
    html! {
        h3 { (at(version.observed_at, visit.now))
            @if version.deleted { " · deleted" } }
        p {
            @match &version.event_id {
                Some(id) => { "by " a href=(visit.event(id)) { (shown_up_to(id, 80)) } }
                None => "fetched without an event, as by a sync",
            }
        }
        @match found {
            None => p.soft { "The first version that is stored." },
            Some(found) if found.is_empty() => p.soft { "Nothing but its state differs." },
            Some(found) => (table(&found, "What changed", visit.sees_personal())),
        }
    }
}

fn between(earlier: &ObjectVersion, later: &ObjectVersion) -> Vec<Change> {
    changes(
        &Json::read(&earlier.content),
        &Json::read(&later.content),
        Compared::All,
    )
}

/// What an event changed in the row of its object, for its line.
pub(super) async fn of_event(
    visit: &Visit,
    stored: &StoredEvent,
    event: &Event,
) -> Result<Markup, PageError> {
    let head = event.object_head();
    let (Some(object), Some(id)) = (head.object, &stored.object_id) else {
        return Ok(html! {});
    };
    let key = VersionedObject {
        object,
        id: id.clone(),
        account: event.mirror_account().to_owned(),
        livemode: stored.livemode,
    };
    let row = visit.object(&key.object, &key.account, key.livemode, id);
    let store = visit.store();
    let found = store.object_version_by(&key, &stored.id).await?;
    let what = if let Some(version) = found {
        let position = Some(version.position());
        let earlier = store.object_versions(&key, position, 1).await?;
        match earlier.first() {
            Some(earlier) => html! { div { (named(&between(earlier, &version))) } },
            None => html! { div { "first version of the row" } },
        }
    } else if store.object_versions(&key, None, 1).await?.is_empty() {
        html! {}
    } else {
        html! { div.soft { "no version of the row is by this event" } }
    };
    Ok(html! {
        (what)
        a href=(row) { "row" }
    })
}

/// The names of the fields that changed.
fn named(found: &[Change]) -> Markup {
    html! {
        "changed "
        @for (index, change) in found.iter().take(MOST_NAMED).enumerate() {
            @if index > 0 { ", " }
            (code(&change.path.join(".")))
        }
        @if found.is_empty() { "nothing" }
        @if found.len() > MOST_NAMED { " and " (found.len() - MOST_NAMED) " more" }
    }
}
