//! Faults that a test injects: error responses, delays, broken connections, malformed bodies.

use std::time::Duration;

use super::answer::Answer;
use super::random::Random;

/// A fault to inject into one of the next requests.
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
    kind: FaultKind,
    path_prefix: String,
    method: Option<&'static str>,
    before: usize,
    remaining: usize,
}

/// How a request fails.
#[derive(Clone, Debug)]
pub(super) enum FaultKind {
    /// This response instead of the real one.
    Answer(Answer),
    /// The error for an object that does not exist, worded for the requested path.
    Missing,
    /// The real response, late.
    Slow(Duration),
    /// The connection breaks after the request took effect.
    Reset,
    /// A body that is not Stripe's.
    Malformed,
}

impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            path_prefix: String::new(),
            method: None,
            before: 0,
            remaining: 1,
        }
    }

    /// An error of this status, worded as Stripe does.
    pub fn status(status: u16) -> Self {
        match status {
            401 => Self::new(FaultKind::Answer(Answer::bad_key(true))),
            404 => Self::missing(),
            409 => {
                let message = "This object cannot be accessed right now.";
                Self::error(409, "lock_timeout", message, None).should_retry(true)
            }
            429 => Self::rate_limited("global-rate"),
            _ => {
                let kind = if status >= 500 {
                    "api_error"
                } else {
                    "invalid_request_error"
                };
                let message = format!("An error of status {status}.");
                let answer = Answer::error(status, kind, None, &message, None);
                Self::new(FaultKind::Answer(answer))
            }
        }
    }

    /// Status 429 with the limit that was reached: `global-rate`, `endpoint-rate`,
    /// `global-concurrency`, …
    pub fn rate_limited(reason: &str) -> Self {
        Self::new(FaultKind::Answer(Answer::rate_limited(reason)))
    }

    /// The requested object does not exist, whatever its id.
    pub fn missing() -> Self {
        Self::new(FaultKind::Missing)
    }

    /// An error with this code, message and parameter.
    pub fn error(status: u16, code: &str, message: &str, param: Option<&str>) -> Self {
        let kind = "invalid_request_error";
        let answer = Answer::error(status, kind, Some(code), message, param);
        Self::new(FaultKind::Answer(answer))
    }

    /// Delays the response.
    pub fn slow(by: Duration) -> Self {
        Self::new(FaultKind::Slow(by))
    }

    /// Breaks the connection in the middle of the response. The request takes effect nevertheless.
    pub fn reset() -> Self {
        Self::new(FaultKind::Reset)
    }

    /// Responds with status 200 and the HTML page of a proxy.
    pub fn malformed() -> Self {
        Self::new(FaultKind::Malformed)
    }

    /// Restricts the fault to paths with this prefix.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path_prefix = path.to_owned();
        self
    }

    /// Restricts the fault to this HTTP method.
    #[must_use]
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// Repeats the fault for this number of requests. The default is 1.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.remaining = times;
        self
    }

    /// Lets this number of matching requests pass before the fault.
    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.before = requests;
        self
    }

    /// Adds the header `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// Adds the header `Stripe-Should-Retry`.
    #[must_use]
    pub fn should_retry(self, retry: bool) -> Self {
        self.header("stripe-should-retry", retry.to_string())
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        if let FaultKind::Answer(answer) = &mut self.kind {
            answer.set_header(name, value);
        }
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        path.starts_with(&self.path_prefix) && self.method.is_none_or(|only| only == method)
    }
}

/// Takes one use of the first fault that matches the request, and drops the fault after its last.
pub(super) fn take_matching(
    faults: &mut Vec<Fault>,
    method: &str,
    path: &str,
) -> Option<FaultKind> {
    let index = faults.iter_mut().position(|fault| {
        let matches = fault.matches(method, path);
        let is_early = matches && fault.before > 0;
        fault.before -= usize::from(is_early);
        matches && !is_early
    })?;
    let fault = &mut faults[index];
    let kind = fault.kind.clone();

    fault.remaining = fault.remaining.saturating_sub(1);
    if fault.remaining == 0 {
        faults.remove(index);
    }
    Some(kind)
}

/// A fault that a network or Stripe itself causes from time to time.
pub(super) fn random_fault(random: &mut Random) -> FaultKind {
    match random.below(6) {
        0 => Fault::status(429).kind,
        1 => Fault::status(500).kind,
        2 => Fault::status(503).kind,
        3 => Fault::status(409).kind,
        4 => FaultKind::Reset,
        _ => FaultKind::Slow(Duration::from_millis(20)),
    }
}
