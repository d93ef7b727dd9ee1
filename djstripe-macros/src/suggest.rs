//! The `help` line for a name that doesn't exist. Guesses are tried in order; the first that applies is used.

use std::collections::BTreeSet;

use syn::{Error, Ident};

use crate::catalogue::{self, prefixes};

/// The page that lists all event names.
const CATALOGUE_URL: &str = "https://docs.stripe.com/api/events/types";

/// A message lists at most this many names.
const LONGEST_LIST: usize = 12;

/// The `help: …` line for an event name that the catalogue doesn't list.
pub(crate) fn help_for_event(name: &str) -> String {
    // Every name of a thin event ends in another name or looks like one, so those come last.
    let [snapshot, thin] = [true, false].map(|of_snapshots| {
        let names = catalogue::names().filter(|name| is_of_snapshot(name) == of_snapshots);
        names.collect::<Vec<_>>()
    });
    let known = guess(name, &snapshot).or_else(|| guess(name, &thin));
    if let Some(known) = known {
        return format!("help: did you mean {}?", one_of(&known));
    }

    let all: Vec<&str> = catalogue::names().collect();
    if let Some((object, names)) = events_of_object(name, &all) {
        return format!("help: the events of `{object}` are {}", list(&names));
    }
    format!(
        "help: event names are listed at {CATALOGUE_URL}; for a newer one, write `unchecked(\"{name}\")`"
    )
}

/// The names among `known` that the first guess finds which finds any.
fn guess(name: &str, known: &[&'static str]) -> Option<Vec<&'static str>> {
    let lower = name.trim().to_lowercase();
    let plain = lower.replace('_', ".");
    let is_spelled_alike = |known: &&str| known.replace('_', ".") == plain;

    let guesses = [
        known.iter().copied().filter(is_spelled_alike).collect(),
        with_missing_start(&lower, known),
        with_missing_word(&lower, known),
        with_missing_start_and_other_spelling(&plain, known),
        // If a whole word is wrong, a list of the object's events helps more: `customer.subscription.cancelled` is
        // near to no event, and `…created` would be the worst guess.
        nearest(name, known.iter().copied()).into_iter().collect(),
    ];
    guesses.into_iter().find(|found: &Vec<_>| !found.is_empty())
}

/// Whether a name of the catalogue is that of a snapshot event.
fn is_of_snapshot(name: &str) -> bool {
    catalogue::find(name).is_some_and(|event| event.has_snapshot && event.name == name)
}

/// The `help: …` line for a family that has no events.
pub(crate) fn help_for_family(prefix: &str) -> String {
    let families: BTreeSet<&str> = catalogue::names().flat_map(prefixes).collect();
    match nearest(prefix, families.into_iter()) {
        Some(known) => format!("help: did you mean `{known}.*`?"),
        None => format!("help: event names are listed at {CATALOGUE_URL}"),
    }
}

/// The error for an option that is none of `known`, names with their usages. `another` looks like an option, too.
pub(crate) fn unknown_option(
    name: &Ident,
    known: impl Iterator<Item = (&'static str, &'static str)> + Clone,
    another: Option<(&'static str, &'static str)>,
) -> Error {
    let text = name.to_string();
    let names = known.clone().chain(another).map(|(name, _)| name);
    let help = match nearest(&text, names) {
        Some(known) => format!("did you mean `{known}`?"),
        None => {
            let usages: Vec<String> = known.map(|(_, usage)| format!("`{usage}`")).collect();
            let another = another.map(|(_, usage)| format!(" and `{usage}`"));
            format!(
                "the options are {}{}",
                usages.join(", "),
                another.unwrap_or_default()
            )
        }
    };
    Error::new(
        name.span(),
        format!("unknown option `{text}`\nhelp: {help}"),
    )
}

/// The known word nearest to `word`, if one is near enough to be a typing mistake.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= 2);
    near.min().map(|(_, candidate)| candidate)
}

/// The names in backticks, separated by commas. A long list is cut.
pub(crate) fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LONGEST_LIST)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(LONGEST_LIST);
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}

/// The names in backticks, as a choice: `a`, `b` or `c`.
pub(crate) fn one_of(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => format!("`{last}`"),
        Some((last, others)) => format!("{} or `{last}`", list(others)),
        None => String::new(),
    }
}

/// The events whose names end in `name`: `customer.subscription.created` for `subscription.created`.
fn with_missing_start(name: &str, known: &[&'static str]) -> Vec<&'static str> {
    if !name.contains('.') {
        return Vec::new();
    }
    let ending = format!(".{name}");
    let known = known.iter().copied();
    known.filter(|known| known.ends_with(&ending)).collect()
}

/// The events whose object has a word more: `payment_intent.succeeded` for `payment.succeeded`.
fn with_missing_word(name: &str, known: &[&'static str]) -> Vec<&'static str> {
    let Some((object, rest)) = name.split_once('.') else {
        return Vec::new();
    };
    let longer = |known: &&str| {
        known.split_once('.').is_some_and(|(known, known_rest)| {
            let mut words = known.split('_');
            known_rest == rest && known != object && words.any(|word| word == object)
        })
    };
    known.iter().copied().filter(longer).collect()
}

/// As [`with_missing_start`], whatever separates the words: `invoice.payment_failed` for `payment.failed`.
fn with_missing_start_and_other_spelling(plain: &str, known: &[&'static str]) -> Vec<&'static str> {
    if !plain.contains('.') {
        return Vec::new();
    }
    let words = plain.split('.').count();
    let ends_alike = |known: &&str| {
        // The missing start ends at a dot, so that a word of the object isn't cut.
        let starts = known.match_indices('.').map(|(at, _)| &known[at + 1..]);
        let mut starts = starts.filter(|rest| rest.split(['.', '_']).count() == words);
        starts.any(|rest| rest.replace('_', ".") == plain)
    };
    known.iter().copied().filter(ends_alike).collect()
}

/// The longest prefix of `name` that is an object with events, and the names of those.
fn events_of_object<'n>(
    name: &'n str,
    known: &[&'static str],
) -> Option<(&'n str, Vec<&'static str>)> {
    prefixes(name).find_map(|object| {
        let is_own = |known: &&str| prefixes(known).next() == Some(object);
        let names: Vec<_> = known.iter().copied().filter(is_own).collect();
        (!names.is_empty()).then_some((object, names))
    })
}

/// Optimal string alignment distance: counts insertions, deletions, replacements and swaps of neighbours.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];

    for row in 1..=left.len() {
        let mut current = vec![row];
        for column in 1..=right.len() {
            let cost = usize::from(left[row - 1] != right[column - 1]);
            let mut best = (rows[row - 1][column] + 1)
                .min(current[column - 1] + 1)
                .min(rows[row - 1][column - 1] + cost);

            let swapped = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if swapped {
                best = best.min(rows[row - 2][column - 2] + 1);
            }

            current.push(best);
        }
        rows.push(current);
    }

    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_guess_that_applies_is_used() {
        let check =
            |name: &str, expected: &str| assert_eq!(help_for_event(name), expected, "{name}");

        check("Customer.Updated", "help: did you mean `customer.updated`?");
        check("customer_updated", "help: did you mean `customer.updated`?");
        check(
            "payment.intent.succeeded",
            "help: did you mean `payment_intent.succeeded`?",
        );
        check(
            "subscription.created",
            "help: did you mean `customer.subscription.created`?",
        );
        check(
            "session.completed",
            "help: did you mean `checkout.session.completed`?",
        );
        check(
            "payment.succeeded",
            "help: did you mean `payment_intent.succeeded`?",
        );
        check(
            "payment.failed",
            "help: did you mean `invoice.payment_failed` or `payment_intent.payment_failed`?",
        );
        check("customer.udpated", "help: did you mean `customer.updated`?");
        check("invoice.payed", "help: did you mean `invoice.paid`?");
        check("charge.suceeded", "help: did you mean `charge.succeeded`?");
        check(
            "customer.subscription.cancelled",
            "help: the events of `customer.subscription` are `customer.subscription.created`, \
             `customer.subscription.deleted`, `customer.subscription.paused`, \
             `customer.subscription.pending_update_applied`, `customer.subscription.pending_update_expired`, \
             `customer.subscription.resumed`, `customer.subscription.trial_will_end`, \
             `customer.subscription.updated`",
        );
        check(
            "v1.customer.updatd",
            "help: did you mean `v1.customer.updated`?",
        );
        check(
            "customer.subscription.past_due",
            "help: did you mean `v1.customer.subscription.past_due`?",
        );
        check(
            "v2.core.account.renamed",
            "help: the events of `v2.core.account` are `v2.core.account.closed`, `v2.core.account.created`, \
             `v2.core.account.updated`",
        );
        check(
            "gift.wrapped",
            "help: event names are listed at https://docs.stripe.com/api/events/types; for a newer one, write \
             `unchecked(\"gift.wrapped\")`",
        );
    }

    #[test]
    fn families_are_suggested_too() {
        let check = |prefix: &str, expected: &str| {
            assert_eq!(help_for_family(prefix), expected, "{prefix}")
        };

        check(
            "customer.subscriptoin",
            "help: did you mean `customer.subscription.*`?",
        );
        check(
            "v1.customer.subscriptoin",
            "help: did you mean `v1.customer.subscription.*`?",
        );
        check(
            "gift",
            "help: event names are listed at https://docs.stripe.com/api/events/types",
        );
    }

    #[test]
    fn distance_counts_edits_and_swaps() {
        let check =
            |left: &str, right: &str, expected: usize| assert_eq!(distance(left, right), expected);

        check("", "abc", 3);
        check("paid", "paid", 0);
        check("payed", "paid", 2);
        check("udpated", "updated", 1);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list(&["a", "b"]), "`a`, `b`");
        assert!(list(&["a"; 14]).ends_with(" and 2 more"));
    }
}
