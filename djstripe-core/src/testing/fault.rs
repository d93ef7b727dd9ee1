//! Faults on demand.

use std::time::Duration;

use super::answer::Answer;
use super::random::Random;

/// What happens to a request instead of an answer, or before it.
///
/// ```
/// use std::time::Duration;
/// use djstripe_core::testing::Fault;
///
/// let fault = Fault::rate_limited("endpoint-rate").on("/v1/customers").times(3).retry_after(1);
/// let slow = Fault::slow(Duration::from_secs(2)).method("GET");
/// # let _ = (fault, slow);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    path: String,
    method: Option<&'static str>,
    left: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    Answer(Answer),
    Missing,
    Slow(Duration),
    Reset,
    Malformed,
}

/// What to do with a request.
#[derive(Debug)]
pub(super) enum Effect {
    Answer(Answer),
    Missing,
    Slow(Duration),
    Reset,
    Malformed,
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            path: String::new(),
            method: None,
            left: 1,
        }
    }

    /// An error of this status, as Stripe words it.
    pub fn status(status: u16) -> Self {
        match status {
            401 => Self::new(Kind::Answer(Answer::bad_key(true))),
            404 => Self::missing(),
            409 => Self::error(
                409,
                "lock_timeout",
                "This object cannot be accessed right now.",
                None,
            )
            .should_retry(true),
            429 => Self::rate_limited("global-rate"),
            _ => {
                let kind = if status >= 500 {
                    "api_error"
                } else {
                    "invalid_request_error"
                };
                let message = format!("An error of status {status}.");
                Self::new(Kind::Answer(Answer::error(
                    status, kind, None, &message, None,
                )))
            }
        }
    }

    /// 429, and which limit was reached: `global-rate`, `endpoint-rate`, `global-concurrency`, …
    pub fn rate_limited(reason: &str) -> Self {
        Self::new(Kind::Answer(Answer::rate_limited(reason)))
    }

    /// There is no such object, whichever is asked for.
    pub fn missing() -> Self {
        Self::new(Kind::Missing)
    }

    /// An error with this code, message and parameter.
    pub fn error(status: u16, code: &str, message: &str, param: Option<&str>) -> Self {
        Self::new(Kind::Answer(Answer::error(
            status,
            "invalid_request_error",
            Some(code),
            message,
            param,
        )))
    }

    /// The answer comes late.
    pub fn slow(by: Duration) -> Self {
        Self::new(Kind::Slow(by))
    }

    /// The connection breaks in the middle of the answer. What the request asked for is done all the same.
    pub fn reset() -> Self {
        Self::new(Kind::Reset)
    }

    /// The answer is a proxy's page, with status 200.
    pub fn malformed() -> Self {
        Self::new(Kind::Malformed)
    }

    /// Only for paths that begin so.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// Only for this method.
    #[must_use]
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// So many times instead of once.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = times;
        self
    }

    /// Asks to wait, `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// Says whether trying again has a point, `Stripe-Should-Retry`.
    #[must_use]
    pub fn should_retry(self, retry: bool) -> Self {
        self.header("stripe-should-retry", retry.to_string())
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        if let Kind::Answer(answer) = &mut self.kind {
            answer.set(name, value);
        }
        self
    }
}

/// The effect of the first fault that fits; one that is used up is taken out.
pub(super) fn next(faults: &mut Vec<Fault>, method: &str, path: &str) -> Option<Effect> {
    let fits = |fault: &Fault| {
        path.starts_with(&fault.path) && fault.method.is_none_or(|only| only == method)
    };
    let index = faults.iter().position(fits)?;
    let fault = &mut faults[index];
    let effect = match &fault.kind {
        Kind::Answer(answer) => Effect::Answer(answer.clone()),
        Kind::Missing => Effect::Missing,
        Kind::Slow(by) => Effect::Slow(*by),
        Kind::Reset => Effect::Reset,
        Kind::Malformed => Effect::Malformed,
    };
    fault.left = fault.left.saturating_sub(1);
    if fault.left == 0 {
        faults.remove(index);
    }
    Some(effect)
}

/// One of what goes wrong now and then.
pub(super) fn any(random: &mut Random) -> Effect {
    let answer = |fault: Fault| match fault.kind {
        Kind::Answer(answer) => Effect::Answer(answer),
        _ => Effect::Malformed,
    };
    match random.below(6) {
        0 => answer(Fault::status(429)),
        1 => answer(Fault::status(500)),
        2 => answer(Fault::status(503)),
        3 => answer(Fault::status(409)),
        4 => Effect::Reset,
        _ => Effect::Slow(Duration::from_millis(20)),
    }
}
