//! Verification of the `Stripe-Signature` header.
//!
//! In: a body, its header, the signing secrets and the current time. Out: a [`VerifiedPayload`].
//! Does no IO.
//!
//! Invariant: only [`verify`] creates a [`VerifiedPayload`], so a function that takes one can't get
//! unverified bytes.
//!
//! Source: [Verify webhook signatures](https://docs.stripe.com/webhooks#verify-manually).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ring::hmac;
use subtle::ConstantTimeEq;

pub use super::signing_secret::SecretError;
use super::signing_secret::check_secret;
use crate::timestamp::unix_seconds;

/// Default for the largest difference, in either direction, between a signature's time and the
/// local clock: 300 s.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// A body whose signature was verified.
#[derive(Debug)]
pub struct VerifiedPayload(Bytes);

impl VerifiedPayload {
    /// The body as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// The signing secrets of an endpoint: more than one while a secret is being rolled.
///
/// `Debug` shows only how many there are.
#[derive(Clone)]
pub struct SigningSecrets(Vec<hmac::Key>);

impl SigningSecrets {
    /// Creates a set of secrets, `whsec_…`, as the dashboard shows them. Surrounding whitespace is
    /// trimmed.
    ///
    /// # Errors
    /// [`SecretError`] if there are no secrets or one is empty: an endpoint without a secret would
    /// accept anything. Also if one is something else, such as an API key, or has quotation marks or
    /// blanks: it would refuse everything.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, SecretError> {
        let keys = secrets
            .into_iter()
            .map(|secret| {
                let secret = secret.trim();
                check_secret(secret)?;
                Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            Err(SecretError::Missing)
        } else {
            Ok(Self(keys))
        }
    }
}

impl std::fmt::Debug for SigningSecrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningSecrets({} redacted)", self.0.len())
    }
}

/// Why a signature was rejected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no `Stripe-Signature` header.
    #[error("no `Stripe-Signature` header")]
    MissingHeader,
    /// The header is not ASCII.
    #[error("`Stripe-Signature` is not ASCII")]
    NotText,
    /// The header has no `t`.
    #[error("`Stripe-Signature` has no time `t`")]
    MissingTime,
    /// The header's `t` is not a number of seconds.
    #[error("time `t` of `Stripe-Signature` is not a number of seconds")]
    InvalidTime,
    /// The header has two different `t`.
    #[error("`Stripe-Signature` has two different times `t`")]
    RepeatedTime,
    /// The header has no `v1`. Older and unknown schemes are ignored.
    #[error("`Stripe-Signature` has no signature of scheme `v1`")]
    MissingSignature,
    /// No `v1` matches the body under any of the secrets.
    #[error("no signature matches the body; is the signing secret that of this endpoint?")]
    Mismatch,
    /// The signature matches, but it is too old.
    #[error("signature is {age:?} old, tolerance is {tolerance:?}")]
    TooOld {
        /// The age of the signature.
        age: Duration,
        /// The largest age that is accepted.
        tolerance: Duration,
    },
    /// The signature matches, but its time is in the future.
    #[error("signature is {ahead:?} ahead of this machine's clock, tolerance is {tolerance:?}")]
    TooNew {
        /// How far its time is ahead of the local clock.
        ahead: Duration,
        /// The largest lead that is accepted.
        tolerance: Duration,
    },
}

/// Verifies the signature in `header` over `body` at the time `now`.
///
/// One `v1` of the header has to match under one of the secrets; comparisons take constant time.
/// The time is checked only after a signature has matched, so that a forger learns nothing from the
/// response.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use djstripe_core::signature::{DEFAULT_TOLERANCE, SigningSecrets, sign, verify};
///
/// let secrets = SigningSecrets::new(["whsec_test"])?;
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
/// let body = br#"{"id":"evt_1","type":"ping"}"#;
/// let header = sign(body, "whsec_test", now);
/// assert!(verify(body.to_vec().into(), Some(header.as_bytes()), &secrets, DEFAULT_TOLERANCE, now).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`SignatureError`], with a variant for each cause.
pub fn verify(
    body: Bytes,
    header: Option<&[u8]>,
    secrets: &SigningSecrets,
    tolerance: Duration,
    now: SystemTime,
) -> Result<VerifiedPayload, SignatureError> {
    let header = Header::parse(header.ok_or(SignatureError::MissingHeader)?)?;

    if !header.is_signed_by(&body, secrets) {
        return Err(SignatureError::Mismatch);
    }

    check_time(header.time, unix_seconds(now), tolerance)?;

    Ok(VerifiedPayload(body))
}

/// Whether the header's signature over this body is by one of the secrets, whatever its time.
///
/// # Errors
/// [`SignatureError`] if the header has another form.
#[cfg(feature = "cli")]
pub(crate) fn is_signed_by(
    body: &[u8],
    header: &[u8],
    secrets: &SigningSecrets,
) -> Result<bool, SignatureError> {
    Ok(Header::parse(header)?.is_signed_by(body, secrets))
}

/// The time of the header, in Unix seconds.
///
/// # Errors
/// [`SignatureError`] if the header has another form.
#[cfg(feature = "cli")]
pub(crate) fn signed_time(header: &[u8]) -> Result<i64, SignatureError> {
    Ok(Header::parse(header)?.time)
}

/// Creates the header that Stripe would send with `body` at the time `now`, for tests and for the
/// `trigger` command.
pub fn sign(body: &[u8], secret: &str, now: SystemTime) -> String {
    let time = unix_seconds(now);
    let mut context =
        hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.trim().as_bytes()));
    context.update(format!("{time}.").as_bytes());
    context.update(body);

    let signature: String = context
        .sign()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={time},v1={signature}")
}

fn check_time(signed: i64, now: i64, tolerance: Duration) -> Result<(), SignatureError> {
    let distance = Duration::from_secs(signed.abs_diff(now));
    match distance > tolerance {
        false => Ok(()),
        true if signed < now => Err(SignatureError::TooOld {
            age: distance,
            tolerance,
        }),
        true => Err(SignatureError::TooNew {
            ahead: distance,
            tolerance,
        }),
    }
}

struct Header<'a> {
    text: &'a str,
    time_text: &'a str,
    time: i64,
}

impl<'a> Header<'a> {
    fn parse(header: &'a [u8]) -> Result<Self, SignatureError> {
        let text = std::str::from_utf8(header)
            .ok()
            .filter(|text| text.is_ascii())
            .ok_or(SignatureError::NotText)?;

        let mut times = elements(text, "t");
        let time_text = times.next().ok_or(SignatureError::MissingTime)?;
        // A proxy may join a header that is sent twice.
        if times.any(|other| other != time_text) {
            return Err(SignatureError::RepeatedTime);
        }

        let digits = !time_text.is_empty() && time_text.bytes().all(|byte| byte.is_ascii_digit());
        let time = time_text
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or(SignatureError::InvalidTime)?;

        elements(text, "v1")
            .next()
            .ok_or(SignatureError::MissingSignature)?;
        Ok(Self {
            text,
            time_text,
            time,
        })
    }

    fn is_signed_by(&self, body: &[u8], secrets: &SigningSecrets) -> bool {
        secrets.0.iter().any(|key| {
            let mut context = hmac::Context::with_key(key);
            context.update(self.time_text.as_bytes());
            context.update(b".");
            context.update(body);
            let expected = context.sign();
            self.signatures()
                .any(|signature| expected.as_ref().ct_eq(&signature).into())
        })
    }

    fn signatures(&self) -> impl Iterator<Item = [u8; 32]> {
        elements(self.text, "v1").filter_map(decode_hex)
    }
}

/// The values of the header's elements `scheme=value`.
fn elements<'a>(header: &'a str, scheme: &'static str) -> impl Iterator<Item = &'a str> {
    header
        .split(',')
        .filter_map(|element| element.trim().split_once('='))
        .filter_map(move |(name, value)| (name.trim() == scheme).then_some(value.trim()))
}

/// Decodes 32 bytes from hexadecimal digits.
pub(crate) fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1","type":"ping"}"#;

    fn at(seconds: i64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds as u64)
    }

    /// The signature of [`BODY`] alone, without `t=`.
    fn v1(secret: &str, seconds: i64) -> String {
        let header = sign(BODY, secret, at(seconds));
        header.split_once("v1=").unwrap().1.to_owned()
    }

    fn outcome(header: &str, secrets: &[&str]) -> Result<(), SignatureError> {
        let secrets = SigningSecrets::new(secrets.iter().copied()).unwrap();
        verify(
            Bytes::from_static(BODY),
            Some(header.as_bytes()),
            &secrets,
            DEFAULT_TOLERANCE,
            at(NOW),
        )
        .map(drop)
    }

    #[test]
    fn any_v1_under_any_secret_is_accepted() {
        let check = |header: String, secrets: &[&str]| {
            assert_eq!(outcome(&header, secrets), Ok(()), "{header}")
        };
        let (old, new) = (v1("old", NOW), v1("new", NOW));

        check(format!("t={NOW},v1={new}"), &["new"]);
        check(format!("t={NOW},v1={new}"), &["old", "new"]);
        check(format!("t={NOW},v1={old},v1={new}"), &["new"]);
        check(format!("t={NOW},v1={new},v1={old}"), &["new"]);
        check(format!("v1={new},t={NOW}"), &["new"]);
        check(format!("t={NOW}, v1={new}"), &["new"]);
        check(
            format!("t={NOW},v1={},v0={old}", new.to_uppercase()),
            &["new"],
        );
        check(format!("t={NOW},v1={new}, t={NOW},v1={new}"), &["new"]);
        check(
            format!("t={NOW},v1=nonsense,v1={new},v2=later,flag"),
            &["new"],
        );
    }

    #[test]
    fn each_wrong_header_is_its_own_error() {
        let check = |header: &str, error: SignatureError| {
            assert_eq!(outcome(header, &["new"]), Err(error), "{header}")
        };
        let new = v1("new", NOW);

        check("", SignatureError::MissingTime);
        check("garbage", SignatureError::MissingTime);
        check(&format!("v1={new}"), SignatureError::MissingTime);
        check(&format!("t=,v1={new}"), SignatureError::InvalidTime);
        check(&format!("t=+{NOW},v1={new}"), SignatureError::InvalidTime);
        check(&format!("t=soon,v1={new}"), SignatureError::InvalidTime);
        check(
            &format!("t=99999999999999999999,v1={new}"),
            SignatureError::InvalidTime,
        );
        check(
            &format!("t={NOW},t={},v1={new}", NOW - 1),
            SignatureError::RepeatedTime,
        );
        check(&format!("t={NOW}"), SignatureError::MissingSignature);
        check(
            &format!("t={NOW},v0={new}"),
            SignatureError::MissingSignature,
        );
        check(&format!("t={NOW},v1="), SignatureError::Mismatch);
        check(
            &format!("t={NOW},v1={}", &new[1..]),
            SignatureError::Mismatch,
        );
        check(
            &format!("t={NOW},v1={}", v1("old", NOW)),
            SignatureError::Mismatch,
        );
        check(&format!("t={},v1={new}", NOW - 1), SignatureError::Mismatch);
        check("t=1é", SignatureError::NotText);
    }

    #[test]
    fn time_is_tolerated_300_seconds_both_ways() {
        let check = |seconds: i64, expected: Result<(), SignatureError>| {
            let header = format!("t={seconds},v1={}", v1("new", seconds));
            assert_eq!(outcome(&header, &["new"]), expected, "{seconds}");
        };
        let (distance, tolerance) = (Duration::from_secs(301), DEFAULT_TOLERANCE);

        check(NOW - 300, Ok(()));
        check(
            NOW - 301,
            Err(SignatureError::TooOld {
                age: distance,
                tolerance,
            }),
        );
        check(NOW + 300, Ok(()));
        check(
            NOW + 301,
            Err(SignatureError::TooNew {
                ahead: distance,
                tolerance,
            }),
        );
    }

    #[test]
    fn missing_header_and_changed_body_are_refused() {
        let secrets = SigningSecrets::new(["new"]).unwrap();
        let check = |body: &'static [u8], header: Option<&[u8]>, error: SignatureError| {
            let result = verify(
                Bytes::from_static(body),
                header,
                &secrets,
                DEFAULT_TOLERANCE,
                at(NOW),
            );
            assert_eq!(result.map(drop), Err(error));
        };
        let header = sign(BODY, "new", at(NOW));

        check(BODY, None, SignatureError::MissingHeader);
        check(b"{}", Some(header.as_bytes()), SignatureError::Mismatch);
    }

    #[test]
    fn secrets_are_never_empty_and_never_printed() {
        let check = |secrets: &[&str], error: SecretError| {
            assert_eq!(
                SigningSecrets::new(secrets.iter().copied()).map(drop),
                Err(error)
            );
        };
        check(&[], SecretError::Missing);
        check(&["whsec_a", " "], SecretError::Empty);
        assert!(SigningSecrets::new([" whsec_a\r\n"]).is_ok());

        let secrets = SigningSecrets::new(["whsec_a", "whsec_b"]).unwrap();
        assert_eq!(format!("{secrets:?}"), "SigningSecrets(2 redacted)");
    }
}
