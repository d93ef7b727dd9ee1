//! `--type EVENT`: names of events on the command line.

use std::collections::BTreeSet;

use super::exit::{CommandError, UsageError};
use crate::store::{EventFilter, Store};
use crate::webhook::event_name::EventName;
use crate::webhook::spelling::{nearest, suggestion};

/// How many names an error lists.
const LONGEST_LIST: usize = 12;

/// Refuses a name that neither the catalogue nor the database has. A misspelt name would select
/// nothing, as if there were no such events. `invoice.*` stands for all names that begin so.
pub(super) async fn check_event_name(store: &Store, name: &str) -> Result<(), CommandError> {
    if is_in_catalogue(name) {
        return Ok(());
    }

    // The database may have events that the catalogue doesn't list: newer ones, and backfilled ones.
    let with_name = EventFilter {
        name: Some(name.to_owned()),
        limit: Some(1),
        ..EventFilter::default()
    };
    if !store.events(&with_name).await?.is_empty() {
        return Ok(());
    }
    Err(UsageError(unknown(name)).into())
}

/// All spellings of the names of events, those of thin events too.
fn spellings() -> impl Iterator<Item = String> {
    EventName::known().flat_map(|name| {
        let thin = name.thin_name().map(str::to_owned);
        [Some(name.as_str().to_owned()), thin].into_iter().flatten()
    })
}

fn is_in_catalogue(name: &str) -> bool {
    match family(name) {
        Some(prefix) => spellings().any(|known| known.starts_with(prefix)),
        None => EventName::new(name).is_known(),
    }
}

/// `invoice.` for `invoice.*`
fn family(name: &str) -> Option<&str> {
    name.strip_suffix('*')
        .filter(|prefix| prefix.ends_with('.'))
}

/// Why a name is refused, with the name that was probably meant.
fn unknown(name: &str) -> String {
    if let Some(prefix) = family(name) {
        let known: BTreeSet<String> = spellings().flat_map(|it| families(&it)).collect();
        let nearest = nearest(&known, prefix).map(|it| format!("{it}*"));
        let help = suggestion(nearest);
        return format!("no Stripe event begins with `{prefix}`{help}");
    }

    let help = match EventName::nearest(name) {
        nearest @ Some(_) => suggestion(nearest),
        None => events_of_object(name),
    };
    format!("`{name}` is not a Stripe event{help}")
}

/// What the names of one event begin with, the longest first: `customer.subscription.`, `customer.`
fn families(name: &str) -> Vec<String> {
    let dots = name.match_indices('.').map(|(index, _)| index);
    let mut families: Vec<String> = dots.map(|index| name[..=index].to_owned()).collect();
    families.reverse();
    families
}

/// The events of the object that a name begins with: if a whole word is wrong, they help more than
/// any guess.
fn events_of_object(name: &str) -> String {
    for prefix in families(name) {
        let events: Vec<String> = spellings()
            .filter(|known| known.rfind('.').map(|dot| &known[..=dot]) == Some(&*prefix))
            .map(|known| format!("`{known}`"))
            .collect();
        if !events.is_empty() {
            let more = events.len().saturating_sub(LONGEST_LIST);
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let shown = events[..events.len().min(LONGEST_LIST)].join(", ");
            let object = prefix.trim_end_matches('.');
            return format!("; the events of `{object}` are {shown}{more}");
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_catalogue() {
        for name in [
            "invoice.paid",
            "v1.customer.updated",
            "invoice.*",
            "customer.subscription.*",
            "v1.customer.*",
        ] {
            assert!(is_in_catalogue(name), "{name}");
        }
        for name in [
            "invoice.payed",
            "invoices.*",
            "invoice",
            "*",
            "invoice*",
            "",
        ] {
            assert!(!is_in_catalogue(name), "{name}");
        }
    }

    #[test]
    fn a_misspelt_name_comes_with_the_right_one() {
        let check = |name: &str, expected: &str| {
            let text = unknown(name);
            assert!(text.contains(expected), "{text}");
        };
        check(
            "invoice.payed",
            "not a Stripe event; did you mean `invoice.paid`?",
        );
        check(
            "subscription.created",
            "did you mean `customer.subscription.created`?",
        );
        check(
            "invocie.*",
            "begins with `invocie.`; did you mean `invoice.*`?",
        );
        check(
            "customer.subscription.cancelled",
            "the events of `customer.subscription` are `customer.subscription.created`",
        );
        check("levitated", "`levitated` is not a Stripe event");
    }
}
