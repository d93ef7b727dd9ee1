//! Signing secrets and endpoints: whether deliveries can be verified, and whether the endpoints at Stripe
//! send what the receivers need.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{AcceptedKey, CheckContext};
use super::findings::{Findings, Severity};
use crate::app::Builder;
use crate::cli::endpoints::problems::thin_hint;
use crate::cli::endpoints::{at_stripe, problems};
use crate::cli::exit::CommandError;
use crate::endpoint::{EncryptionKey, Endpoint, StripeEndpoint, abbreviate};
use crate::error::describe;
use crate::receiver::needed_events::{Needed, is_thin};
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::webhook::API_VERSION;
use crate::webhook::event_name::{ALL, SYNCHRONOUS};
use crate::webhook::mode_name;
use crate::webhook::signature::SecretError;

const POINT: &str = "endpoints";

const DASHBOARD: &str = "https://dashboard.stripe.com/webhooks";

/// Returns the endpoints of the database.
pub(super) async fn check(
    context: &CheckContext<'_>,
    store: Option<&Store>,
    findings: &mut Findings,
) -> Vec<Endpoint> {
    let keys = match context.builder.open_keys() {
        Ok(keys) => keys,
        Err(error) => {
            let fix = "set DJSTRIPE_ENCRYPTION_KEY to the key that the secrets were encrypted with";
            findings.error("encryption", describe(&error), fix);
            Vec::new()
        }
    };
    let endpoints = match store {
        Some(store) => check_rows(context, store, &keys, findings).await,
        None => Vec::new(),
    };

    check_secrets(context.builder, store.is_some(), &endpoints, findings);
    if !context.has_key {
        check_second_account(context.builder, &endpoints, findings);
    }
    for key in context.accepted {
        check_at_stripe(key, context.registry, &endpoints, findings).await;
    }
    endpoints
}

/// Checks the endpoints of the database as `endpoints doctor` does, and returns them.
async fn check_rows(
    context: &CheckContext<'_>,
    store: &Store,
    keys: &[EncryptionKey],
    findings: &mut Findings,
) -> Vec<Endpoint> {
    let needed = Needed::by(context.registry, true);
    let has_unusable_keys = context.has_key && context.clients.is_empty();
    let inspected =
        problems::inspect_all(store, context.clients, has_unusable_keys, keys, needed).await;
    let inspected = match inspected {
        Ok(inspected) => inspected,
        Err(error) => {
            let what = describe(error.as_ref());
            findings.error(POINT, what, "see `endpoints doctor`");
            return Vec::new();
        }
    };

    let mut endpoints = Vec::new();
    for problems::Inspected { endpoint, problems } in inspected {
        for problem in problems {
            let what = format!("{}: {}", endpoint.id, problem.what);
            findings.error(POINT, what, problem.fix);
        }
        endpoints.push(endpoint);
    }
    endpoints
}

/// Checks whether deliveries can be verified at all.
fn check_secrets(
    builder: &Builder,
    has_database: bool,
    endpoints: &[Endpoint],
    findings: &mut Findings,
) {
    let fix = "set STRIPE_WEBHOOK_SECRET to the endpoint's whsec_…, or run `endpoints create`";
    match builder.check_secrets() {
        Ok(()) => {}
        Err(SecretError::Missing) if !endpoints.is_empty() => {}
        Err(SecretError::Missing) if !has_database => {
            let what = "there is no signing secret, unless the database has one";
            findings.warning("secrets", what, fix);
        }
        Err(error) => findings.error("secrets", describe(&error), fix),
    }
}

/// Finds secrets that may be those of several accounts: without a key nobody says whose they are.
fn check_second_account(builder: &Builder, endpoints: &[Endpoint], findings: &mut Findings) {
    let undeclared = endpoints.iter().filter(|it| it.own_account.is_none());
    let secrets = undeclared.filter(|it| !it.secrets.is_empty()).count();
    let secrets = secrets + builder.undeclared_secrets();
    if secrets > 1 {
        let what = format!(
            "{secrets} signing secrets are in use without a key: if they belong to several Stripe \
             accounts, the objects of these are mixed"
        );
        let fix = "set STRIPE_SECRET_KEY, or declare the accounts: `Builder::account`, `endpoints create \
                   --own-account`";
        findings.warning("accounts", what, fix);
    }
}

/// Compares the events that Stripe sends to all endpoints together with those that the receivers need.
async fn check_at_stripe(
    AcceptedKey { client, livemode }: &AcceptedKey<'_>,
    registry: &Registry,
    endpoints: &[Endpoint],
    findings: &mut Findings,
) {
    let (mode, livemode) = (mode_name(*livemode), *livemode);
    let listed = match at_stripe::list(client, Some(livemode)).await {
        Ok(listed) => listed,
        Err(error) => return note_refused(error, "those", mode, findings),
    };
    let all = listed.endpoints;
    let is_complete = listed.without_destinations.is_none();
    if let Some(error) = listed.without_destinations {
        note_refused(error, "the event destinations", mode, findings);
    }
    for left_over in problems::left_over(&all, endpoints) {
        let what = format!(
            "{} at Stripe is left over from an interrupted command, its secret lost",
            left_over.id
        );
        findings.error(POINT, what, format!("delete it at {DASHBOARD}"));
    }

    let enabled: Vec<StripeEndpoint> = all.into_iter().filter(StripeEndpoint::is_enabled).collect();
    if enabled.is_empty() {
        if !is_complete {
            return;
        }
        let what = format!("Stripe sends events of {mode} mode to no endpoint");
        let fix = format!("run `endpoints create --url https://…`, or create one at {DASHBOARD}");
        findings.warning(POINT, what, fix);
        return;
    }
    // Thin events have no version.
    let (thin, snapshot): (Vec<_>, Vec<_>) = enabled.into_iter().partition(|it| it.kind.is_thin());
    check_versions(&snapshot, endpoints, findings);
    check_second_version(&snapshot, findings);

    let sent: BTreeSet<&str> = snapshot
        .iter()
        .chain(&thin)
        .flat_map(|endpoint| &endpoint.enabled_events)
        .map(String::as_str)
        .collect();
    for mismatch in compare_events(registry, &sent, mode) {
        // What is missing may be sent to a destination that the key may not list.
        if mismatch.is_missing && !is_complete {
            continue;
        }
        let hint = mismatch.thin_hint;
        let fix = format!("run `endpoints sync`, or choose the events at {DASHBOARD}{hint}");
        findings.add(mismatch.severity, POINT, mismatch.what, Some(fix));
    }
}

fn note_refused(error: CommandError, which: &str, mode: &str, findings: &mut Findings) {
    let error = describe(error.as_ref());
    let what = format!("{which} at Stripe in {mode} mode were not checked: {error}");
    let fix = "give the key read access to webhook endpoints and event destinations";
    findings.warning(POINT, what, fix);
}

/// Endpoints of the database are checked with their rows; these are the others.
fn check_versions(enabled: &[StripeEndpoint], endpoints: &[Endpoint], findings: &mut Findings) {
    for at_stripe in enabled {
        let has_row = endpoints
            .iter()
            .any(|endpoint| endpoint.stripe_id.as_ref() == Some(&at_stripe.id));
        if has_row || at_stripe.api_version.as_deref() == Some(API_VERSION) {
            continue;
        }

        let version = at_stripe.api_version.as_deref();
        let version = version.unwrap_or("the account's version");
        let (id, expected) = (&at_stripe.id, API_VERSION);
        let what = format!("{id} sends events of {version}, not of {expected}");
        let fix = "replace it with `endpoints create --url https://…`";
        findings.warning("versions", what, fix);
    }
}

/// With two API versions, each event arrives in both, and the application's receivers see the one
/// that arrives first.
fn check_second_version(enabled: &[StripeEndpoint], findings: &mut Findings) {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for endpoint in enabled {
        let version = endpoint.api_version.as_deref();
        let version = version.unwrap_or("the account's version");
        versions.entry(version).or_default().push(&endpoint.id);
    }
    if versions.len() < 2 {
        return;
    }

    let endpoints: Vec<String> = versions
        .iter()
        .map(|(version, ids)| format!("{} of {version}", ids.join(", ")))
        .collect();
    let (count, endpoints) = (versions.len(), endpoints.join("; "));
    let what = format!(
        "endpoints send events in {count} API versions: {endpoints}; the mirror keeps {API_VERSION}"
    );
    let fix = format!("disable or delete those that don't send {API_VERSION}");
    findings.warning("versions", what, fix);
}

/// A difference between the events that are sent and those that are needed.
#[derive(Debug, PartialEq)]
struct Mismatch {
    severity: Severity,
    what: String,
    /// Whether events are needed and not sent, rather than sent and not needed.
    is_missing: bool,
    /// What sends those of them that are thin only.
    thin_hint: &'static str,
}

fn compare_events(registry: &Registry, sent: &BTreeSet<&str>, mode: &str) -> Vec<Mismatch> {
    let own = Needed::by(registry, false);
    let with_mirror = Needed::by(registry, true);
    let missing = own.missing(sent);
    let (missing_thin, missing_in_mirror): (Vec<_>, Vec<_>) = with_mirror
        .missing(sent)
        .into_iter()
        .filter(|name| !missing.contains(name))
        .partition(|name| is_thin(name));
    let unneeded: Vec<String> = sent
        .iter()
        .filter(|name| **name != ALL && !with_mirror.takes(name))
        .map(|&name| name.to_owned())
        .collect();
    let (undecided, unneeded) = unneeded
        .into_iter()
        .partition::<Vec<_>, _>(|name| name == SYNCHRONOUS);

    let needed = [
        (
            Severity::Error,
            missing,
            "no endpoint sends events that receivers need",
        ),
        (
            Severity::Warning,
            missing_in_mirror,
            "no endpoint sends events that the mirror needs",
        ),
        (
            Severity::Note,
            missing_thin,
            "no destination sends thin events that the mirror would take",
        ),
    ];
    let sent = [
        (
            Severity::Warning,
            undecided,
            "Stripe waits for a decision that no receiver makes",
        ),
        (
            Severity::Note,
            unneeded,
            "Stripe sends events that no receiver listens to",
        ),
    ];
    let needed = needed.map(|it| (true, it));
    let all = needed.into_iter().chain(sent.map(|it| (false, it)));
    all.filter(|(_, (_, names, _))| !names.is_empty())
        .map(|(is_missing, (severity, names, what))| Mismatch {
            severity,
            what: format!("{what}: {} ({mode} mode)", abbreviate(&names)),
            is_missing,
            thin_hint: if is_missing { thin_hint(&names) } else { "" },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::{Rank, ReceiverInfo};

    #[test]
    fn what_is_sent_is_held_against_what_is_needed() {
        let receiver = |id, events| -> &'static ReceiverInfo {
            Box::leak(Box::new(ReceiverInfo::idle(id, events)))
        };
        let check =
            |receivers: &[&'static ReceiverInfo], sent: &[&str], expected: &[(Severity, &str)]| {
                let registry = Registry::new(receivers.iter().copied()).unwrap();
                let sent = sent.iter().copied().collect();
                let found = compare_events(&registry, &sent, "test");

                let found: Vec<_> = found
                    .iter()
                    .map(|Mismatch { severity, what, .. }| (*severity, &**what))
                    .collect();
                assert_eq!(found, expected);
            };

        let shop = receiver("shop", &["invoice.paid"]);
        check(&[shop], &["*"], &[]);
        check(&[shop], &["invoice.paid"], &[]);

        let missing = "no endpoint sends events that receivers need: invoice.paid (test mode)";
        let unneeded = "Stripe sends events that no receiver listens to: charge.failed (test mode)";
        let expected = [(Severity::Error, missing), (Severity::Note, unneeded)];
        check(&[shop], &["charge.failed"], &expected);

        let charges = Box::leak(Box::new(ReceiverInfo {
            rank: Rank::Handler,
            ..ReceiverInfo::idle("charges", &["charge.failed", "charge.updated"])
        }));
        let mirrored = "no endpoint sends events that the mirror needs: charge.updated (test mode)";
        let sent = ["invoice.paid", "charge.failed"];
        check(&[shop, charges], &sent, &[(Severity::Warning, mirrored)]);

        let every = receiver("every", &["*"]);
        let by_name = "identity.verification_session.redacted, reporting.report_type.updated";
        let missing =
            format!("no endpoint sends events that receivers need: *, {by_name} (test mode)");
        check(&[every], &["charge.failed"], &[(Severity::Error, &missing)]);
        let missing =
            format!("no endpoint sends events that receivers need: {by_name} (test mode)");
        check(&[every], &["*"], &[(Severity::Error, &missing)]);

        let undecided = "Stripe waits for a decision that no receiver makes: \
                         issuing_authorization.request (test mode)";
        let sent = ["invoice.paid", "issuing_authorization.request"];
        check(&[shop], &sent, &[(Severity::Warning, undecided)]);
        let decide = receiver("decide", &["issuing_authorization.request"]);
        check(&[shop, decide], &sent, &[]);
    }
}
