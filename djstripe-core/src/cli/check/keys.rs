//! Secret keys: which are set, whose they are, what they may read, and Stripe's clock.

use std::time::Duration;

use serde::Deserialize;

use super::context::AcceptedKey;
use super::database::skew;
use super::findings::Findings;
use super::permissions::{Access, Needed, Tried};
use crate::app::Builder;
use crate::app::own_accounts::{self, CheckError};
use crate::client::{Answer, Client, ClientError, Clients, ErrorKind, Method, Request};
use crate::error::describe;
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

const POINT: &str = "keys";

/// How far Stripe's clock may differ from this machine's. Deliveries are refused from five minutes on;
/// less than that deserves a finding.
const MAX_SKEW: Duration = Duration::from_secs(30);

/// Checks the keys of all own accounts; returns those that Stripe accepts.
pub(super) async fn check<'c>(
    builder: &Builder,
    clients: &'c Clients,
    registry: &Registry,
    findings: &mut Findings,
) -> Vec<AcceptedKey<'c>> {
    if clients.is_empty() {
        // A client that can't be built is a finding already.
        if builder.clients().is_ok() {
            let what = "there is no secret key: the mirror takes objects from the events, and nothing at \
                        Stripe was checked";
            let fix = "set STRIPE_SECRET_KEY, from https://dashboard.stripe.com/apikeys";
            findings.warning(POINT, what, fix);
        }
        return Vec::new();
    }

    let mut accepted = Vec::new();
    for client in clients.iter() {
        for livemode in [false, true] {
            if client.has_key(livemode) && check_account(client, livemode, findings).await {
                accepted.push(AcceptedKey { client, livemode });
                if client.is_restricted(livemode) {
                    check_permissions(builder, client, livemode, registry, findings).await;
                }
            }
        }
    }
    accepted
}

/// Checks that each key belongs to the account that it is given for.
pub(super) async fn check_accounts(clients: &Clients, store: &Store, findings: &mut Findings) {
    match own_accounts::compare_all(store, clients).await {
        Ok(()) => {}
        Err(CheckError::OwnAccount(error)) => {
            let fix = "declare each account with its own secret and key: `Builder::account`";
            findings.error("accounts", error.to_string(), fix);
        }
        Err(CheckError::Store(error)) => {
            findings.error("accounts", describe(&error), "run `migrate`");
        }
    }
}

fn variable(livemode: bool) -> &'static str {
    if livemode {
        "STRIPE_LIVE_SECRET_KEY"
    } else {
        "STRIPE_TEST_SECRET_KEY"
    }
}

/// Finds out whose key it is. Returns whether Stripe accepts it.
async fn check_account(client: &Client, livemode: bool, findings: &mut Findings) -> bool {
    let request = Request::new(Method::Get, "/v1/account").livemode(livemode);
    let answer = client.send(&request).await;
    let after = Timestamp::now();

    match answer {
        Ok(answer) => {
            let is_stripe = note_account(client, &answer, livemode, findings);
            if is_stripe {
                check_clock(&answer, after, findings);
            }
            is_stripe
        }
        Err(error) => check_refusal(client, &error, livemode, findings),
    }
}

/// Returns whether the answer is one of Stripe's.
fn note_account(client: &Client, answer: &Answer, livemode: bool, findings: &mut Findings) -> bool {
    #[derive(Deserialize)]
    struct Account {
        id: String,
        #[serde(default)]
        country: Option<String>,
    }

    let Ok(Account { id, country }) = serde_json::from_str(answer.json()) else {
        let what = format!("{} doesn't answer as Stripe does", client.options().base);
        let fix = "set STRIPE_API_BASE to Stripe's API, or unset it";
        findings.error(POINT, what, fix);
        return false;
    };
    let mode = mode_name(livemode);
    let country = country.map_or(String::new(), |country| format!(" ({country})"));
    let base = &client.options().base;
    let what = format!("the key of {mode} mode belongs to account {id}{country}, says {base}");
    findings.note(POINT, what);
    client.set_stripe_account(livemode, id);
    true
}

/// Returns whether Stripe accepts the key all the same.
fn check_refusal(
    client: &Client,
    error: &ClientError,
    livemode: bool,
    findings: &mut Findings,
) -> bool {
    let mode = mode_name(livemode);
    match error.api().map(|error| &error.kind) {
        Some(ErrorKind::Authentication) => {
            let base = &client.options().base;
            let what = format!("Stripe refuses the key of {mode} mode, at {base}");
            let variable = variable(livemode);
            let fix = format!("set STRIPE_SECRET_KEY or {variable} to a valid key");
            findings.error(POINT, what, fix);
            false
        }
        Some(ErrorKind::Permission) => {
            let what = format!("the key of {mode} mode may not read its own account");
            findings.note(POINT, what);
            true
        }
        _ => {
            let error = describe(error);
            let what = format!("failed to reach Stripe in {mode} mode: {error}");
            let base = &client.options().base;
            let fix = format!("check that this machine reaches {base} (STRIPE_API_BASE)");
            findings.error(POINT, what, fix);
            false
        }
    }
}

/// Stripe's clock signs deliveries, and this machine's decides whether they are too old.
fn check_clock(answer: &Answer, after: Timestamp, findings: &mut Findings) {
    let Some(date) = answer.date() else {
        findings.note("clock", "Stripe's answer has no Date header");
        return;
    };

    // The header has no fractions of a second.
    let before = Timestamp::from_micros(answer.started_at().micros() - 1_000_000);
    let skew = skew(before, date, after);
    if let Some(skew) = skew.filter(|skew| skew.unsigned_abs() > MAX_SKEW.as_secs()) {
        let what = format!(
            "Stripe's clock differs by {skew} s from this machine's; deliveries are refused from 300 s on"
        );
        findings.error("clock", what, "synchronize this machine's clock (NTP)");
    }
}

/// Finds the objects that a restricted key may not read, although receivers or the mirror need them.
async fn check_permissions(
    builder: &Builder,
    client: &Client,
    livemode: bool,
    registry: &Registry,
    findings: &mut Findings,
) {
    let tried = Needed::by(builder, registry)
        .try_all(client, livemode)
        .await;
    let refused = tried
        .iter()
        .filter(|tried| matches!(tried.access, Access::Lacking(_)));
    let (own, mirrored): (Vec<&Tried>, Vec<&Tried>) = refused.partition(|tried| tried.is_own);

    let what = |tried: &[&Tried]| {
        let objects: Vec<&str> = tried.iter().map(|tried| tried.object).collect();
        let (mode, objects) = (mode_name(livemode), objects.join(", "));
        format!("the key of {mode} mode may not read {objects}")
    };
    let fix = "give it read access at https://dashboard.stripe.com/apikeys (`check --permissions` lists \
               what it needs)";
    if !own.is_empty() {
        let what = format!("{}, which receivers need", what(&own));
        findings.error(POINT, what, fix);
    }
    if !mirrored.is_empty() {
        let what = format!("{}, which the mirror fetches", what(&mirrored));
        let fix = format!("{fix}, or leave them out with `MirrorSettings::without`");
        findings.warning(POINT, what, fix);
    }
}
