//! What Stripe sends, what has come, and who listens: endpoints, signing secrets, versions, receivers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Severity};
use crate::app::Builder;
use crate::cli::CommandError;
use crate::cli::endpoints;
use crate::client::Client;
use crate::endpoint::{AtStripe, EncryptionKey, Endpoint, listed};
use crate::error::describe;
use crate::receiver::registry::Registry;
use crate::receiver::{ReceiverInfo, needed_events};
use crate::store::{EventFilter, Store, StoredEvent};
use crate::webhook::event_name::EventName;
use crate::webhook::mode_name;
use crate::webhook::signature::SecretError;

/// How many of the latest events are looked at.
const LATEST: u32 = 1_000;

/// What the points of this file are compared with.
pub(super) struct Settings<'s> {
    pub(super) builder: &'s Builder,
    pub(super) registry: &'s Registry,
    pub(super) client: Option<&'s Client>,
    /// Modes in which Stripe can be asked.
    pub(super) modes: &'s [bool],
}

pub(super) async fn examine(
    settings: &Settings<'_>,
    store: Option<&Store>,
    findings: &mut Findings,
) {
    let key = match settings.builder.open_key() {
        Ok(key) => key,
        Err(error) => {
            findings.error(
                "encryption",
                describe(&error),
                "set DJSTRIPE_ENCRYPTION_KEY to the key that was in use",
            );
            None
        }
    };
    let here = match store {
        Some(store) => match with_row(settings, store, key.as_ref(), findings).await {
            Ok(here) => here,
            Err(error) => {
                findings.error("endpoints", describe(error.as_ref()), "`endpoints doctor`");
                Vec::new()
            }
        },
        None => Vec::new(),
    };
    secrets(settings.builder, store.is_some(), &here, findings);
    for livemode in settings.modes {
        at_stripe(settings, *livemode, &here, findings).await;
    }
    let latest = EventFilter {
        limit: Some(LATEST),
        ..EventFilter::default()
    };
    match store {
        None => {}
        Some(store) => match (store.events(&latest).await, store.run_counts().await) {
            (Ok(events), Ok(runs)) => {
                let ran: BTreeSet<&str> = runs.iter().map(|run| &*run.receiver).collect();
                versions(&events, settings.client.is_some(), findings);
                modes(&events, settings, findings);
                receivers(settings.registry, &events, &ran, findings);
            }
            (Err(error), _) | (_, Err(error)) => {
                findings.error(
                    "events",
                    describe(&error),
                    "see what the database's log says",
                );
            }
        },
    }
}

/// Endpoints that have a row, as `endpoints doctor` sees them.
async fn with_row(
    settings: &Settings<'_>,
    store: &Store,
    key: Option<&EncryptionKey>,
    findings: &mut Findings,
) -> Result<Vec<Endpoint>, CommandError> {
    let needed = needed_events(settings.registry, true);
    let mut endpoints = Vec::new();
    for (endpoint, faults) in endpoints::inspect(store, settings.client, key, needed).await? {
        for fault in faults {
            findings.error(
                "endpoints",
                format!("{}: {fault}", endpoint.id),
                "`endpoints sync`; `endpoints doctor`",
            );
        }
        endpoints.push(endpoint);
    }
    Ok(endpoints)
}

/// Whether deliveries can be verified at all.
fn secrets(builder: &Builder, looked: bool, here: &[Endpoint], findings: &mut Findings) {
    let fix =
        "set STRIPE_WEBHOOK_SECRET to the endpoint's whsec_…, or make one with `endpoints create`";
    match builder.check_secrets() {
        Ok(()) => {}
        Err(SecretError::Missing) if !here.is_empty() => {}
        Err(SecretError::Missing) if !looked => {
            findings.warning(
                "secrets",
                "there is no signing secret but perhaps in the database",
                fix,
            );
        }
        Err(error) => findings.error("secrets", describe(&error), fix),
    }
}

/// What the endpoints at Stripe send together, against what the receivers need.
async fn at_stripe(
    settings: &Settings<'_>,
    livemode: bool,
    here: &[Endpoint],
    findings: &mut Findings,
) {
    let Some(client) = settings.client else {
        return;
    };
    let mode = mode_name(livemode);
    let mut open: Vec<AtStripe> = match endpoints::at_stripe(client, livemode).await {
        Ok(all) => all,
        Err(error) => {
            let what = format!(
                "those at Stripe in {mode} mode were not looked at: {}",
                describe(error.as_ref())
            );
            findings.warning(
                "endpoints",
                what,
                "give the key read access to webhook endpoints",
            );
            return;
        }
    };
    for left in endpoints::left_over(open.clone(), here) {
        let what = format!(
            "{} at Stripe is left over from a command that was cut off, its secret lost",
            left.id
        );
        findings.error(
            "endpoints",
            what,
            "delete it at https://dashboard.stripe.com/webhooks",
        );
    }
    open.retain(AtStripe::is_enabled);
    if open.is_empty() {
        let fix = "`endpoints create --url https://…`, or make one at https://dashboard.stripe.com/webhooks";
        findings.warning(
            "endpoints",
            format!("Stripe sends events of {mode} mode to no endpoint"),
            fix,
        );
        return;
    }
    let has_row = |there: &AtStripe| {
        here.iter()
            .any(|endpoint| endpoint.stripe_id.as_ref() == Some(&there.id))
    };
    for there in open.iter().filter(|there| {
        !has_row(there) && there.api_version.as_deref() != Some(crate::webhook::API_VERSION)
    }) {
        let version = there
            .api_version
            .as_deref()
            .unwrap_or("the account's version");
        let what = format!(
            "{} writes events in {version}, not in {}",
            there.id,
            crate::webhook::API_VERSION
        );
        findings.warning(
            "versions",
            what,
            "replace it: `endpoints create --url https://…`",
        );
    }
    let sent: BTreeSet<&str> = open
        .iter()
        .flat_map(|there| &there.enabled_events)
        .map(String::as_str)
        .collect();
    for (severity, point, what, fix) in gaps(settings.registry, &sent, mode) {
        findings.add(severity, point, what, Some(fix));
    }
}

type Gap = (Severity, &'static str, String, String);

/// Events that receivers need and nobody sends, and the reverse.
fn gaps(registry: &Registry, sent: &BTreeSet<&str>, mode: &str) -> Vec<Gap> {
    let (own, all) = (
        needed_events(registry, false),
        needed_events(registry, true),
    );
    let lacks = |needed: &[String]| -> Vec<String> {
        needed
            .iter()
            .filter(|name| !sent.contains("*") && !sent.contains(&***name))
            .cloned()
            .collect()
    };
    let missing = lacks(&own);
    let mirrored: Vec<String> = lacks(&all)
        .into_iter()
        .filter(|name| !missing.contains(name))
        .collect();
    let needs = |name: &str| all.iter().any(|needed| needed == "*" || needed == name);
    let superfluous: Vec<String> = sent
        .iter()
        .filter(|name| **name != "*" && !needs(name))
        .map(|&name| name.to_owned())
        .collect();
    let mut gaps = Vec::new();
    let sync = "`endpoints sync`, or choose them at https://dashboard.stripe.com/webhooks";
    let mut add = |severity, names: &[String], what: &str| {
        if !names.is_empty() {
            gaps.push((
                severity,
                "endpoints",
                format!("{what} {} ({mode} mode)", listed(names)),
                sync.to_owned(),
            ));
        }
    };
    add(
        Severity::Error,
        &missing,
        "receivers wait for what no endpoint sends:",
    );
    add(
        Severity::Warning,
        &mirrored,
        "the mirror needs what no endpoint sends:",
    );
    add(
        Severity::Note,
        &superfluous,
        "Stripe sends what nobody listens to:",
    );
    gaps
}

/// Which versions the latest events are written in.
fn versions(events: &[StoredEvent], refetches: bool, findings: &mut Findings) {
    let mut others = BTreeMap::new();
    for event in events
        .iter()
        .filter(|event| event.api_version.as_deref() != Some(crate::webhook::API_VERSION))
    {
        *others
            .entry(event.api_version.as_deref().unwrap_or("no version"))
            .or_insert(0) += 1;
    }
    if others.is_empty() {
        return;
    }
    let counts: Vec<String> = others
        .iter()
        .map(|(version, count)| format!("{count} in {version}"))
        .collect();
    let what = format!(
        "of the latest {} events {}; receivers expect {}",
        events.len(),
        counts.join(", "),
        crate::webhook::API_VERSION
    );
    let fix = format!(
        "`endpoints create` makes endpoints that send {}",
        crate::webhook::API_VERSION
    );
    // What is fetched comes in the right version.
    findings.add(
        if refetches {
            Severity::Note
        } else {
            Severity::Warning
        },
        "versions",
        what,
        Some(fix),
    );
}

/// Modes in which events come, but no key is there to fetch with.
fn modes(events: &[StoredEvent], settings: &Settings<'_>, findings: &mut Findings) {
    let Some(client) = settings.client else {
        return;
    };
    for livemode in [false, true] {
        if events.iter().any(|event| event.livemode == livemode) && !client.has_key(livemode) {
            let mode = mode_name(livemode);
            let what = format!("events of {mode} mode come in, but there is no key of that mode");
            findings.warning(
                "keys",
                what,
                format!("set STRIPE_{}_SECRET_KEY", mode.to_uppercase()),
            );
        }
    }
}

/// Receivers that nothing comes for, and events that nobody but the mirror takes.
fn receivers(
    registry: &Registry,
    events: &[StoredEvent],
    ran: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    let own: Vec<&&ReceiverInfo> = registry
        .receivers()
        .iter()
        .filter(|receiver| !receiver.is_built_in())
        .collect();
    if own.is_empty() {
        let fix = "annotate a function with `#[stripe_receiver]`; a library crate must be mentioned: `use that_crate as _;`";
        findings.warning("receivers", "the application has none", fix);
    }
    let mut unheard: BTreeMap<&str, u32> = BTreeMap::new();
    let mut heard = BTreeSet::new();
    for event in events {
        let listening = registry.receivers_for(&EventName::new(&event.name));
        let listening: Vec<_> = listening
            .iter()
            .filter(|receiver| !receiver.is_built_in())
            .collect();
        if listening.is_empty() {
            *unheard.entry(&event.name).or_default() += 1;
        }
        heard.extend(listening.iter().map(|receiver| receiver.id));
    }
    for receiver in own.iter().filter(|receiver| !ran.contains(receiver.id)) {
        if heard.contains(receiver.id) {
            let what = format!("{} has never run, although events came for it", receiver.id);
            findings.warning(
                "receivers",
                what,
                "start `serve` or `work`; look at its options with `receivers`",
            );
        } else {
            let names = receiver.events.join(", ");
            let fix = format!(
                "`trigger {}` sends it a sample",
                receiver.events.first().copied().unwrap_or("EVENT")
            );
            let what = format!(
                "{} has never run: nothing of {names} has come of late",
                receiver.id
            );
            findings.add(Severity::Note, "receivers", what, Some(fix));
        }
    }
    if !unheard.is_empty() {
        let names: Vec<String> = unheard
            .iter()
            .map(|(name, count)| format!("{name} ({count})"))
            .collect();
        let what = format!(
            "of the latest {} events only the mirror took {}",
            events.len(),
            listed(&names)
        );
        let fix = "write receivers for them, or let the endpoint leave them out";
        findings.add(Severity::Note, "receivers", what, Some(fix.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::Rank;

    #[test]
    fn what_is_sent_is_held_against_what_is_needed() {
        let receiver = |id, events| -> &'static ReceiverInfo {
            Box::leak(Box::new(ReceiverInfo::idle(id, events)))
        };
        let check =
            |receivers: &[&'static ReceiverInfo], sent: &[&str], expected: &[(Severity, &str)]| {
                let registry = Registry::new(receivers.iter().copied()).unwrap();
                let gaps = gaps(&registry, &sent.iter().copied().collect(), "test");
                let found: Vec<_> = gaps
                    .iter()
                    .map(|(severity, _, what, _)| (*severity, &**what))
                    .collect();
                assert_eq!(found, expected);
            };
        let shop = receiver("shop", &["invoice.paid"]);
        check(&[shop], &["*"], &[]);
        check(&[shop], &["invoice.paid"], &[]);
        let missing = (
            Severity::Error,
            "receivers wait for what no endpoint sends: invoice.paid (test mode)",
        );
        let superfluous = (
            Severity::Note,
            "Stripe sends what nobody listens to: charge.failed (test mode)",
        );
        check(&[shop], &["charge.failed"], &[missing, superfluous]);
        let charges = Box::leak(Box::new(ReceiverInfo {
            rank: Rank::Handler,
            ..ReceiverInfo::idle("charges", &["charge.failed", "charge.updated"])
        }));
        let mirrored = (
            Severity::Warning,
            "the mirror needs what no endpoint sends: charge.updated (test mode)",
        );
        check(
            &[shop, charges],
            &["invoice.paid", "charge.failed"],
            &[mirrored],
        );
        let every = receiver("every", &["*"]);
        check(
            &[every],
            &["charge.failed"],
            &[(
                Severity::Error,
                "receivers wait for what no endpoint sends: * (test mode)",
            )],
        );
    }
}
