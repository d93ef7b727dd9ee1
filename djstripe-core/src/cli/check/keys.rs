//! Secret keys: which there are, whose they are, what they may read, and what time Stripe has.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::Deserialize;

use super::Findings;
use super::database::apart;
use crate::app::Builder;
use crate::client::{Answer, Client, ClientError, ErrorKind, Method, Priority, Request};
use crate::error::describe;
use crate::maintenance::lists;
use crate::receiver::needed_events;
use crate::receiver::registry::Registry;
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;

const POINT: &str = "keys";

/// Signatures whose time is further away than five minutes are refused; long before that it is worth a word.
const MAX_SKEW: Duration = Duration::from_secs(30);

/// Types of object that are tried at a time.
const AT_A_TIME: usize = 8;

#[derive(Deserialize)]
struct Account {
    id: String,
    #[serde(default)]
    country: Option<String>,
}

/// Looks at the key of each mode; returns the modes in which Stripe can be asked.
pub(super) async fn examine(
    builder: &Builder,
    client: Option<&Client>,
    registry: &Registry,
    findings: &mut Findings,
) -> Vec<bool> {
    let Some(client) = client else {
        if builder.client().is_ok() {
            let what = "there is no secret key: objects are mirrored as events carry them; Stripe's side was not looked at";
            findings.warning(
                POINT,
                what,
                "set STRIPE_SECRET_KEY, from https://dashboard.stripe.com/apikeys",
            );
        }
        return Vec::new();
    };
    let mut reached = Vec::new();
    for livemode in [false, true]
        .into_iter()
        .filter(|livemode| client.has_key(*livemode))
    {
        if account(client, livemode, findings).await {
            reached.push(livemode);
            if client.is_restricted(livemode) {
                scopes(builder, client, livemode, registry, findings).await;
            }
        }
    }
    reached
}

pub(super) fn mode(livemode: bool) -> &'static str {
    if livemode { "live" } else { "test" }
}

fn variable(livemode: bool) -> &'static str {
    if livemode {
        "STRIPE_LIVE_SECRET_KEY"
    } else {
        "STRIPE_TEST_SECRET_KEY"
    }
}

/// Whose key it is. Returns whether Stripe takes it.
async fn account(client: &Client, livemode: bool, findings: &mut Findings) -> bool {
    let mode = mode(livemode);
    let answer = client
        .send(&Request::new(Method::Get, "/v1/account").livemode(livemode))
        .await;
    let after = Timestamp::now();
    match answer {
        Ok(answer) => {
            match serde_json::from_str(answer.json()) {
                Ok(Account { id, country }) => {
                    let country = country.map_or(String::new(), |country| format!(" ({country})"));
                    findings.note(
                        POINT,
                        format!("the key of {mode} mode is of account {id}{country}"),
                    );
                }
                Err(_) => {
                    let what = format!("{} doesn't answer as Stripe does", client.options().base);
                    findings.error(
                        POINT,
                        what,
                        "set STRIPE_API_BASE to Stripe's API, or unset it",
                    );
                    return false;
                }
            }
            clock(&answer, after, findings);
            true
        }
        Err(error) => match error.api().map(|error| &error.kind) {
            Some(ErrorKind::Authentication) => {
                let fix = format!(
                    "set STRIPE_SECRET_KEY or {} to one that is in use",
                    variable(livemode)
                );
                findings.error(POINT, format!("Stripe refuses the key of {mode} mode"), fix);
                false
            }
            Some(ErrorKind::Permission) => {
                findings.note(
                    POINT,
                    format!("the key of {mode} mode may not read whose account it is of"),
                );
                true
            }
            _ => {
                let what = format!("Stripe can't be asked in {mode} mode: {}", describe(&error));
                findings.error(
                    POINT,
                    what,
                    "see that this machine reaches STRIPE_API_BASE, https://api.stripe.com",
                );
                false
            }
        },
    }
}

/// Stripe's clock signs deliveries; ours says whether they are too old.
fn clock(answer: &Answer, after: Timestamp, findings: &mut Findings) {
    let Some(date) = answer.date() else {
        findings.note("clock", "Stripe didn't say what time it has");
        return;
    };
    // It is written without fractions of a second.
    let before = Timestamp::from_micros(answer.started_at().micros() - 1_000_000);
    if let Some(apart) =
        apart(before, date, after).filter(|apart| apart.unsigned_abs() > MAX_SKEW.as_secs())
    {
        let what = format!(
            "Stripe's clock is {apart} s away from this machine's; deliveries are refused from 300 s on"
        );
        findings.error(
            "clock",
            what,
            "let this machine synchronise its clock (NTP)",
        );
    }
}

/// Which objects a restricted key may not read although a receiver is called for them.
async fn scopes(
    builder: &Builder,
    client: &Client,
    livemode: bool,
    registry: &Registry,
    findings: &mut Findings,
) {
    let (own, all) = (objects(registry, false), objects(registry, true));
    let settings = builder.mirror_settings();
    let lists = lists::lists(|descriptor| {
        own.contains(descriptor.object)
            || all.contains(descriptor.object) && !settings.is_off(descriptor.object)
    });
    // What is below another needs the id of one, so it can't be tried.
    let tops = lists.into_iter().filter(|list| list.below.is_none());
    let refused: BTreeSet<&str> = stream::iter(tops)
        .map(async |list| {
            let request = Request::new(Method::Get, list.path).param("limit", 1);
            let request = list.params.iter().fold(request, |request, (name, value)| {
                request.param(name, *value)
            });
            let answer = client
                .send(&request.livemode(livemode).priority(Priority::Backfill))
                .await;
            answer
                .is_err_and(|error| is_forbidden(&error))
                .then_some(list.descriptor.object)
        })
        .buffer_unordered(AT_A_TIME)
        .filter_map(async |refused| refused)
        .collect()
        .await;
    let listed = |objects: &[&&str]| {
        objects
            .iter()
            .map(|object| **object)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (needed, mirrored): (Vec<&&str>, Vec<&&str>) =
        refused.iter().partition(|object| own.contains(**object));
    let what = |objects: &[&&str]| {
        format!(
            "the key of {} mode may not read {}",
            mode(livemode),
            listed(objects)
        )
    };
    let fix = "give it read access at https://dashboard.stripe.com/apikeys";
    if !needed.is_empty() {
        findings.error(
            POINT,
            format!("{}, which receivers are called for", what(&needed)),
            fix,
        );
    }
    if !mirrored.is_empty() {
        let fix = format!("{fix}, or leave them out with `MirrorSettings::without`");
        findings.warning(
            POINT,
            format!("{}, which the mirror fetches", what(&mirrored)),
            fix,
        );
    }
}

fn is_forbidden(error: &ClientError) -> bool {
    error
        .api()
        .is_some_and(|error| error.kind == ErrorKind::Permission)
}

/// The objects that the events carry which receivers listen to.
fn objects(registry: &Registry, mirror: bool) -> BTreeSet<&'static str> {
    let names = needed_events(registry, mirror);
    let all = EventName::known().filter(|name| {
        names
            .iter()
            .any(|needed| needed == "*" || needed == name.as_str())
    });
    all.flat_map(|name| name.objects()).copied().collect()
}
