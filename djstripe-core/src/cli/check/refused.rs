//! The deliveries that were refused for their signature, and why, as far as their records tell.
//!
//! A record has the headers and the body, so each known secret is tried again: also those of other
//! endpoints, and over the body as it was before a proxy that is known to change bodies.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::context::CheckContext;
use super::findings::{Findings, Severity};
use super::rewritten::originals;
use crate::endpoint::Endpoint;
use crate::error::describe;
use crate::store::{DeliveryRecord, EventFilter, Store, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::signature::{self, SignatureError, SigningSecrets};

const POINT: &str = "deliveries";

/// How many of the latest refused deliveries are read.
const LATEST: u32 = 200;

/// The secrets of one endpoint that can be used today.
pub(super) struct KnownSecrets {
    /// The endpoint of the database; `None` for the one that has no row.
    pub(super) endpoint: Option<String>,
    pub(super) secrets: SigningSecrets,
}

/// Why a signature was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The signature fits; its time is this far from the arrival.
    Clock { is_old: bool, distance: Duration },
    /// A secret of today fits, which was not there then.
    SecretCameLater,
    /// It is by the secret of another endpoint; `None` for the one without a row.
    OtherEndpoint(Option<String>),
    /// It fits the body before this change.
    BodyChanged(&'static str),
    /// The body has another length than the header says.
    OtherLength,
    /// The header can't be read.
    Header(String),
    /// None of this many endpoints' secrets fits.
    NoSecret { is_one_line: bool },
}

/// The refusals of one cause at one endpoint.
struct Refusals {
    count: usize,
    latest: Timestamp,
}

pub(super) async fn check(
    context: &CheckContext<'_>,
    endpoints: &[Endpoint],
    store: &Store,
    findings: &mut Findings,
) {
    let (refused, last_event) = match read(store).await {
        Ok(read) => read,
        Err(error) => {
            findings.error(POINT, describe(&error), "see the database's log");
            return;
        }
    };
    let known = known_secrets(context, endpoints);
    let tolerance = context.builder.signature_tolerance();

    let mut causes: BTreeMap<(Option<String>, Cause), Refusals> = BTreeMap::new();
    for delivery in &refused {
        if let Some(cause) = cause(delivery, &known, tolerance) {
            let key = (delivery.endpoint.clone(), cause);
            let refusals = causes.entry(key).or_insert(Refusals {
                count: 0,
                latest: delivery.received_at,
            });
            refusals.count += 1;
            refusals.latest = refusals.latest.max(delivery.received_at);
        }
    }

    for ((endpoint, cause), Refusals { count, latest }) in causes {
        let to = name(endpoint.as_deref());
        let what = format!(
            "{count} to {to} refused, the last at {latest}: {}",
            cause.what()
        );
        // What has been accepted since shows that the endpoint works.
        let severity = match last_event {
            _ if cause == Cause::SecretCameLater => Severity::Note,
            Some(accepted) if accepted > latest => Severity::Warning,
            _ => Severity::Error,
        };
        findings.add(severity, POINT, what, cause.fix());
    }
}

/// The latest refused deliveries, and when the latest event arrived.
async fn read(store: &Store) -> Result<(Vec<DeliveryRecord>, Option<Timestamp>), StoreError> {
    let refused = store.deliveries(None, LATEST).await?;
    let latest = EventFilter {
        limit: Some(1),
        ..EventFilter::default()
    };
    let events = store.events(&latest).await?;
    Ok((refused, events.first().map(|event| event.received_at)))
}

/// The secrets that can be used; what is wrong with the others is a finding of its own.
fn known_secrets(context: &CheckContext<'_>, endpoints: &[Endpoint]) -> Vec<KnownSecrets> {
    let of_settings = context.builder.signing_secrets().unwrap_or_default();
    let of_settings = of_settings.into_iter().map(|account| KnownSecrets {
        endpoint: None,
        secrets: account.secrets,
    });

    let keys = context.builder.open_keys().unwrap_or_default();
    let of_rows = endpoints.iter().filter_map(|endpoint| {
        let secrets = endpoint.open_secrets(&keys, SystemTime::now());
        Some(KnownSecrets {
            endpoint: Some(endpoint.id.to_string()),
            secrets: secrets.ok()?,
        })
    });
    of_settings.chain(of_rows).collect()
}

/// Why the delivery was refused; `None` if not for its signature.
fn cause(delivery: &DeliveryRecord, known: &[KnownSecrets], tolerance: Duration) -> Option<Cause> {
    let (headers, body) = (headers(delivery), delivery.body.as_deref()?);
    let signature = header(&headers, "stripe-signature")?.as_bytes();
    let time = match signature::signed_time(signature) {
        Ok(time) => time,
        Err(error) => return Some(Cause::Header(error.to_string())),
    };

    let fits = |body: &[u8], known: &KnownSecrets| {
        signature::is_signed_by(body, signature, &known.secrets).unwrap_or(false)
    };
    let is_own = |known: &&KnownSecrets| known.endpoint == delivery.endpoint;
    let is_mismatch = delivery.reason.as_deref() == Some(&SignatureError::Mismatch.to_string());
    if known.iter().filter(is_own).any(|known| fits(body, known)) {
        let arrival = delivery.received_at.seconds();
        let distance = Duration::from_secs(arrival.abs_diff(time));
        return if distance > tolerance {
            Some(Cause::Clock {
                is_old: time < arrival,
                distance,
            })
        } else {
            is_mismatch.then_some(Cause::SecretCameLater)
        };
    }

    if !is_mismatch {
        return None;
    }
    if let Some(other) = known.iter().find(|known| fits(body, known)) {
        return Some(Cause::OtherEndpoint(other.endpoint.clone()));
    }
    let changed = originals(body)
        .into_iter()
        .find(|original| known.iter().any(|known| fits(&original.body, known)));
    if let Some(original) = changed {
        return Some(Cause::BodyChanged(original.change));
    }

    let length = header(&headers, "content-length").and_then(|text| text.parse::<usize>().ok());
    Some(match length {
        Some(length) if length != body.len() => Cause::OtherLength,
        _ => Cause::NoSecret {
            is_one_line: !body.contains(&b'\n'),
        },
    })
}

fn headers(delivery: &DeliveryRecord) -> Vec<(String, String)> {
    let headers = delivery.headers.as_deref().unwrap_or_default();
    serde_json::from_str(headers).unwrap_or_default()
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let mut headers = headers.iter();
    let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn name(endpoint: Option<&str>) -> String {
    match endpoint {
        Some(id) => format!("endpoint {id}"),
        None => "the endpoint of the settings".to_owned(),
    }
}

impl Cause {
    fn what(&self) -> String {
        match self {
            Self::Clock { is_old, distance } => {
                let seconds = distance.as_secs();
                let how = if *is_old { "older than" } else { "ahead of" };
                format!(
                    "their signature fits, but its time is {seconds} s {how} this machine's clock"
                )
            }
            Self::SecretCameLater => {
                "their signature fits a secret of today, which was not there then".to_owned()
            }
            Self::OtherEndpoint(other) => format!(
                "they are signed with the secret of {}, which is another one",
                name(other.as_deref())
            ),
            Self::BodyChanged(change) => format!("the body was changed on its way: {change}"),
            Self::OtherLength => {
                "the body has another length than its `Content-Length`: it was changed on its way"
                    .to_owned()
            }
            Self::Header(error) => error.clone(),
            Self::NoSecret { is_one_line } => {
                let rewritten = "; or the body was rewritten on its way: Stripe's have line breaks, \
                                 these have none";
                let rewritten = if *is_one_line { rewritten } else { "" };
                format!("the signature fits none of the secrets in use{rewritten}")
            }
        }
    }

    fn fix(&self) -> Option<String> {
        let fix = match self {
            Self::Clock { .. } => {
                "set this machine's clock; a proxy that holds deliveries back has the same effect"
            }
            Self::SecretCameLater => return None,
            Self::OtherEndpoint(_) => {
                "deliver to the path of the endpoint that the secret belongs to, or give this one its \
                 own secret: each endpoint at Stripe has one"
            }
            Self::BodyChanged(_) | Self::OtherLength => {
                "pass on the raw bytes: no proxy and no middleware may parse or rewrite the body"
            }
            Self::Header(_) => "find out what sends or rewrites the header `Stripe-Signature`",
            Self::NoSecret { .. } => {
                "set STRIPE_WEBHOOK_SECRET to the whsec_… of the endpoint that delivers here: each \
                 endpoint, each mode and `stripe listen` has its own; or somebody forges deliveries"
            }
        };
        Some(fix.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::signature::sign;

    const BODY: &str =
        "{\n  \"id\": \"evt_1\",\n  \"data\": {\n    \"list\": [\n      1\n    ]\n  }\n}";

    fn delivery(body: &str, header: String, reason: SignatureError) -> DeliveryRecord {
        DeliveryRecord {
            id: 1,
            received_at: Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(5_000)),
            event_id: None,
            reason: Some(reason.to_string()),
            remark: None,
            remote_address: None,
            endpoint: None,
            headers: Some(format!("[[\"stripe-signature\",{header:?}]]")),
            body: Some(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn the_record_of_a_refused_delivery_tells_why() {
        let secrets = |endpoint: Option<&str>, secret| KnownSecrets {
            endpoint: endpoint.map(str::to_owned),
            secrets: SigningSecrets::new([secret]).unwrap(),
        };
        let known = [
            secrets(None, "whsec_own"),
            secrets(Some("other"), "whsec_other"),
        ];
        let signed = |secret, seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            sign(BODY.as_bytes(), secret, time)
        };
        let check = |body: &str, header: String, reason, expected: Option<Cause>| {
            let delivery = delivery(body, header, reason);
            let found = cause(&delivery, &known, Duration::from_secs(300));
            assert_eq!(found, expected, "{body}");
        };
        let (mismatch, clock) = (
            || SignatureError::Mismatch,
            || SignatureError::TooOld {
                age: Duration::ZERO,
                tolerance: Duration::ZERO,
            },
        );

        let distance = Duration::from_secs(1_000);
        let clocks = |is_old| Some(Cause::Clock { is_old, distance });
        check(BODY, signed("whsec_own", 4_000), clock(), clocks(true));
        check(BODY, signed("whsec_own", 6_000), clock(), clocks(false));
        let later = Some(Cause::SecretCameLater);
        check(BODY, signed("whsec_own", 5_000), mismatch(), later);
        let other = Some(Cause::OtherEndpoint(Some("other".to_owned())));
        check(BODY, signed("whsec_other", 5_000), mismatch(), other);

        let compact = r#"{"id":"evt_1","data":{"list":[1]}}"#;
        let rewritten = |change| Some(Cause::BodyChanged(change));
        let parsed = "it was parsed and written again";
        check(
            compact,
            signed("whsec_own", 5_000),
            mismatch(),
            rewritten(parsed),
        );
        let ends = BODY.replace('\n', "\r\n");
        let changed = rewritten("its line ends were changed");
        check(&ends, signed("whsec_own", 5_000), mismatch(), changed);
        let longer = format!("{BODY}\n");
        let changed = rewritten("its end was trimmed or extended");
        check(&longer, signed("whsec_own", 5_000), mismatch(), changed);

        let none = |is_one_line| Some(Cause::NoSecret { is_one_line });
        check(BODY, signed("whsec_third", 5_000), mismatch(), none(false));
        check(
            compact,
            signed("whsec_third", 5_000),
            mismatch(),
            none(true),
        );
        let unreadable = SignatureError::MissingTime.to_string();
        let garbage = || "garbage".to_owned();
        check(
            BODY,
            garbage(),
            SignatureError::MissingTime,
            Some(Cause::Header(unreadable)),
        );
    }
}
