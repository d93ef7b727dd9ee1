//! The latest events, compared with the expected version, the keys and the receivers.

use std::collections::{BTreeMap, BTreeSet};

use super::context::CheckContext;
use super::findings::{Findings, Severity};
use crate::endpoint::abbreviate;
use crate::error::describe;
use crate::receiver::ReceiverInfo;
use crate::receiver::registry::Registry;
use crate::store::{EventFilter, Store, StoreError, StoredEvent};
use crate::webhook::API_VERSION;
use crate::webhook::event_name::EventName;
use crate::webhook::mode_name;

/// How many of the latest events are read.
const LATEST: u32 = 1_000;

pub(super) async fn check(context: &CheckContext<'_>, store: &Store, findings: &mut Findings) {
    let (events, ran) = match read(store).await {
        Ok(read) => read,
        Err(error) => {
            findings.error("events", describe(&error), "see the database's log");
            return;
        }
    };

    check_unidentified(context, store, findings).await;
    check_versions(&events, !context.accepted.is_empty(), findings);
    check_modes(&events, context, findings);
    check_receivers(context.registry, &events, &ran, findings);
    note_unhandled(context.registry, &events, findings);
}

/// The latest events, and the ids of the receivers that have run.
async fn read(store: &Store) -> Result<(Vec<StoredEvent>, BTreeSet<String>), StoreError> {
    let latest = EventFilter {
        limit: Some(LATEST),
        ..EventFilter::default()
    };
    let events = store.events(&latest).await?;
    let runs = store.run_counts().await?;
    Ok((events, runs.into_iter().map(|run| run.receiver).collect()))
}

/// Finds thin events that wait until somebody knows which happening they are.
async fn check_unidentified(context: &CheckContext<'_>, store: &Store, findings: &mut Findings) {
    let waiting = match store.unidentified_events(LATEST).await {
        Ok(waiting) => waiting,
        Err(error) => {
            findings.error("events", describe(&error), "see the database's log");
            return;
        }
    };
    let Some(first) = waiting.first() else {
        return;
    };

    let ids: Vec<String> = waiting.iter().map(|event| event.id.clone()).collect();
    let what = format!(
        "{} thin events wait for the id of their snapshot event: {}; the first because {}",
        waiting.len(),
        abbreviate(&ids),
        first.error
    );
    let fix = if context.accepted.is_empty() && context.has_key {
        "set STRIPE_SECRET_KEY to a key that Stripe accepts: only Stripe knows that id"
    } else if context.accepted.is_empty() {
        "set STRIPE_SECRET_KEY: only Stripe knows that id"
    } else {
        "correct what the error says, then run `events retry`"
    };
    findings.warning("events", what, fix);
}

/// Finds events of another API version than the receivers expect.
fn check_versions(events: &[StoredEvent], refetches: bool, findings: &mut Findings) {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for event in events {
        // A thin event has no version: its object is fetched in the expected one.
        if event.is_snapshot && event.api_version.as_deref() != Some(API_VERSION) {
            let version = event.api_version.as_deref().unwrap_or("no version");
            *counts.entry(version).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return;
    }

    let counts: Vec<String> = counts
        .iter()
        .map(|(version, count)| format!("{count} are of {version}"))
        .collect();
    let (latest, counts) = (events.len(), counts.join(", "));
    let expected = API_VERSION;
    let what = format!("of the latest {latest} events {counts}; receivers expect {expected}");
    let fix = format!("create endpoints that send {expected} with `endpoints create`");
    // Objects that are fetched from Stripe have the expected version.
    let severity = if refetches {
        Severity::Note
    } else {
        Severity::Warning
    };
    findings.add(severity, "versions", what, Some(fix));
}

/// Finds events of a mode without a key, whose objects can't be fetched.
fn check_modes(events: &[StoredEvent], context: &CheckContext<'_>, findings: &mut Findings) {
    if context.accepted.is_empty() {
        return;
    }
    let scopes: BTreeSet<(Option<&str>, bool)> = events
        .iter()
        .map(|event| (event.own_account.as_deref(), event.livemode))
        .collect();

    for (own_account, livemode) in scopes {
        let client = context.clients.of(own_account);
        if client.is_some_and(|client| client.has_key(livemode)) {
            continue;
        }
        let mode = mode_name(livemode);
        let of = own_account.map_or(String::new(), |account| format!(" of {account}"));
        let what = format!("events{of} of {mode} mode arrive, but there is no key of that mode");
        let fix = match own_account {
            Some(account) => format!("declare it: STRIPE_ACCOUNT_KEYS={account}=sk_{mode}_…"),
            None => format!("set STRIPE_{}_SECRET_KEY", mode.to_uppercase()),
        };
        findings.warning("keys", what, fix);
    }
}

/// Finds receivers that have never run.
fn check_receivers(
    registry: &Registry,
    events: &[StoredEvent],
    ran: &BTreeSet<String>,
    findings: &mut Findings,
) {
    let own: Vec<&ReceiverInfo> = own(registry.receivers()).collect();
    if own.is_empty() {
        let fix = "annotate a function with `#[stripe_receiver]`; mention a library crate that has some: \
                   `use that_crate as _;`";
        findings.warning("receivers", "the application has none", fix);
    }

    let mut with_events = BTreeSet::new();
    for event in events {
        let listening = registry.receivers_for(&EventName::new(&event.name));
        with_events.extend(listening.iter().map(|receiver| receiver.id));
    }
    for receiver in own {
        let id = receiver.id;
        if ran.contains(id) {
            continue;
        }
        if with_events.contains(id) {
            let what = format!("{id} has never run, although its events arrived");
            let fix = "start `serve` or `work`; `receivers` shows its options";
            findings.warning("receivers", what, fix);
        } else {
            let names = receiver.events.join(", ");
            let what = format!("{id} has never run: none of the latest events is {names}");
            let example = receiver.events.first().copied().unwrap_or("EVENT");
            let fix = format!("send it a sample with `trigger {example}`");
            findings.add(Severity::Note, "receivers", what, Some(fix));
        }
    }
}

/// Notes the events that only the mirror listens to.
fn note_unhandled(registry: &Registry, events: &[StoredEvent], findings: &mut Findings) {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for event in events {
        let listening = registry.receivers_for(&EventName::new(&event.name));
        if own(listening).next().is_none() {
            *counts.entry(&event.name).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return;
    }

    let names: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} ({count})"))
        .collect();
    let (latest, names) = (events.len(), abbreviate(&names));
    let what = format!("of the latest {latest} events only the mirror handled {names}");
    let fix = "write receivers for them, or remove them from the endpoint";
    findings.add(Severity::Note, "receivers", what, Some(fix.to_owned()));
}

/// The application's receivers.
fn own<'a>(
    receivers: &'a [&'static ReceiverInfo],
) -> impl Iterator<Item = &'static ReceiverInfo> + 'a {
    receivers
        .iter()
        .copied()
        .filter(|receiver| !receiver.is_built_in())
}
