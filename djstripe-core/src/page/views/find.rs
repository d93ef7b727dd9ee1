//! What an id names: an event, an object, an effect, an endpoint, a delivery or a request.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::layout::View;
use crate::page::shown::shown_up_to;
use crate::page::visit::Visit;
use crate::store::operator::FoundId;
use crate::webhook::mode_name;

/// What a search leads to.
pub(in crate::page) enum Search {
    /// The address of the only thing of that id.
    Only(String),
    Several(View),
}

pub(in crate::page) async fn search(visit: &Visit) -> Result<Search, PageError> {
    let Some(id) = visit.params.get("q") else {
        let content = html! { p { "Write an id above: of an event, an object, an effect, an endpoint or a request." } };
        return Ok(Search::Several(View::new("Find", content)));
    };
    let found = visit.queries().find_id(id).await?;
    if let [only] = &found[..]
        && let Some((_, address)) = links(visit, only).into_iter().next()
        && !matches!(only, FoundId::Request { event_ids } if event_ids.len() != 1)
    {
        return Ok(Search::Only(address));
    }

    let items: Vec<(Markup, String)> = found.iter().flat_map(|found| links(visit, found)).collect();
    let content = html! {
        @if items.is_empty() {
            p { "Nothing here has this id: no event, object, effect, endpoint or request of the newest events." }
        } @else {
            ul { @for (text, address) in &items { li { a href=(address) { (text) } } } }
        }
    };
    Ok(Search::Several(View::new(
        format!("Find {}", shown_up_to(id, 80)),
        content,
    )))
}

/// What was found, in words and as addresses.
fn links(visit: &Visit, found: &FoundId) -> Vec<(Markup, String)> {
    let short = |id: &str| shown_up_to(id, 80);
    match found {
        FoundId::Event { id } => vec![(html! { "Event " (short(id)) }, visit.event(id))],
        FoundId::Object {
            object,
            account,
            livemode,
            id,
        } => {
            let mode = mode_name(*livemode);
            let text = html! { (object) " " (short(id)) ", " (mode)
            @if !account.is_empty() { " of " (short(account)) } };
            vec![(text, visit.object(object, account, *livemode, id))]
        }
        FoundId::ObjectOfEvents { id } => vec![(
            html! { "Events about " (short(id)) },
            visit.to("events", &[("object", id)]),
        )],
        FoundId::Account { id } => vec![(
            html! { "Events of the account " (short(id)) },
            visit.to("events", &[("account", id)]),
        )],
        FoundId::Effect { key } => vec![(
            html! { "Effect " (short(key)) },
            visit.to("effect", &[("key", key)]),
        )],
        FoundId::Endpoint { id } => vec![(
            html! { "Endpoint " (short(id)) },
            visit.to("endpoints", &[]),
        )],
        FoundId::Delivery { id, event_id } => {
            let text = html! { "Delivery " (id) };
            let address = match event_id {
                Some(event) => visit.event(event),
                None => visit.to("delivery", &[("id", &id.to_string())]),
            };
            vec![(text, address)]
        }
        FoundId::Request { event_ids } => event_ids
            .iter()
            .map(|id| {
                (
                    html! { "Event " (short(id)) " of the request" },
                    visit.event(id),
                )
            })
            .collect(),
    }
}
