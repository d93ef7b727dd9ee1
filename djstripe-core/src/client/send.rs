//! Sending: one try, and tries until it succeeds or there is no point.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use tracing::Instrument;

use super::Client;
use super::error::{ApiError, ClientError};
use super::request::{Method, Request};
use crate::timestamp::Timestamp;
use crate::webhook::API_VERSION;

/// Longest wait that Stripe may ask for; whoever waits longer tries again as a whole.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    json: String,
    request_id: Option<String>,
    started_at: Timestamp,
    date: Option<Timestamp>,
}

impl Answer {
    /// The JSON as it came in.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The JSON as it came in.
    pub fn into_json(self) -> String {
        self.json
    }

    /// Stripe's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// When the try that succeeded was begun: the content is at least as new.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// When it was answered by the clock of the other side, in whole seconds; `None` if it doesn't say.
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }
}

impl Client {
    /// Sends a request, and again as often as that has a point: on connection errors, time-outs, 409, 429 and 5xx, unless
    /// Stripe says otherwise. A write carries an idempotency key, so that it happens once.
    ///
    /// # Errors
    /// [`ClientError`] of the last try.
    pub async fn send(&self, request: &Request) -> Result<Answer, ClientError> {
        let idempotency_key = match request.method {
            Method::Get | Method::Delete => None,
            Method::Post => {
                let own = request.idempotency_key.clone();
                Some(own.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()))
            }
        };
        let options = self.options();
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(options.min_delay)
            .with_max_delay(options.max_delay)
            .with_max_times(options.retries)
            .with_jitter()
            .build();
        loop {
            let error = match self.try_once(request, idempotency_key.as_deref()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let (true, Some(delay)) = (error.is_transient(), delays.next()) else {
                return Err(error);
            };
            let asked = error
                .api()
                .and_then(|error| error.retry_after)
                .unwrap_or_default();
            if asked > LONGEST_RETRY_AFTER {
                return Err(error);
            }
            let delay = delay.max(asked);
            tracing::debug!(path = request.path(), %error, ?delay, "trying again");
            tokio::time::sleep(delay).await;
            if let (Some(meter), Some(429)) = (&self.meter, error.api().map(|error| error.status)) {
                meter.waited(delay);
            }
        }
    }

    async fn try_once(
        &self,
        request: &Request,
        idempotency_key: Option<&str>,
    ) -> Result<Answer, ClientError> {
        let (key, livemode) = self.inner.keys.pick(request.livemode.or(self.livemode))?;
        let budget = self.budget(livemode);
        let resource = request.resource();
        let account = request.account.as_deref().or(self.account.as_deref());
        let asked = tokio::time::Instant::now();
        let permit = budget.acquire(&resource, request.priority).await;
        if let Some(meter) = &self.meter {
            meter.waited(asked.elapsed());
            meter.sent();
        }
        let started_at = Timestamp::from(SystemTime::now());
        let span = tracing::debug_span!(
            "stripe_request",
            method = request.method.as_str(),
            path = request.path(),
            account,
            status = tracing::field::Empty,
            request_id = tracing::field::Empty,
        );
        let limit = request.timeout.unwrap_or(self.options().timeout);
        let mut authorization = header_value(&format!("Bearer {}", key.expose_secret()))?;
        authorization.set_sensitive(true);
        let version = request.api_version.as_deref().unwrap_or(API_VERSION);
        let http = &self.inner.http;
        let url = request.url(&self.inner.base);
        let mut outgoing = match request.method {
            Method::Get => http.get(url),
            Method::Post => http
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded"),
            Method::Delete => http.delete(url),
        };
        outgoing = outgoing
            .header("authorization", authorization)
            .timeout(limit);
        let own = [
            ("stripe-version", Some(version)),
            ("stripe-account", account),
            ("idempotency-key", idempotency_key),
        ];
        for (name, value) in own {
            if let Some(value) = value {
                outgoing = outgoing.header(HeaderName::from_static(name), header_value(value)?);
            }
        }
        if let Some(body) = request.body() {
            outgoing = outgoing.body(body);
        }
        let exchange = async {
            let response = outgoing.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, response.bytes().await?))
        };
        let exchanged = exchange.instrument(span.clone()).await;
        let status = exchanged.as_ref().ok().map(|(status, ..)| *status);
        crate::metrics::requested(status, livemode, budget.rate());
        let (status, headers, body) = exchanged.map_err(|error| unreached(error, limit))?;
        drop(permit);
        let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let request_id = header("request-id");
        span.record("status", status);
        span.record("request_id", request_id.as_deref());
        span.in_scope(|| tracing::debug!("answered"));
        if (200..300).contains(&status) {
            let date = header("date")
                .and_then(|date| httpdate::parse_http_date(&date).ok())
                .map(Timestamp::from);
            return read(body, request_id).map(|(json, request_id)| Answer {
                json,
                request_id,
                started_at,
                date,
            });
        }
        let mut error = ApiError::read(status, header, &body);
        error.message = self.inner.keys.redact(&error.message);
        if status == 429 {
            budget.refused(&resource, error.rate_limited.as_deref());
            if let Some(meter) = &self.meter {
                meter.refused();
            }
        }
        Err(ClientError::Api(Box::new(error)))
    }
}

/// An answer that broke off or is a proxy's page is told from JSON here, while it can be asked for again.
fn read(body: Bytes, request_id: Option<String>) -> Result<(String, Option<String>), ClientError> {
    let checked = std::str::from_utf8(&body)
        .map_err(|error| error.into())
        .and_then(|text| {
            serde_json::from_str::<&serde_json::value::RawValue>(text)
                .map(|_| text.to_owned())
                .map_err(Into::into)
        });
    match checked {
        Ok(json) => Ok((json, request_id)),
        Err(source) => Err(ClientError::Malformed { request_id, source }),
    }
}

fn header_value(text: &str) -> Result<HeaderValue, ClientError> {
    HeaderValue::from_str(text).map_err(|error| ClientError::Setup(error.into()))
}

fn unreached(error: reqwest::Error, limit: Duration) -> ClientError {
    if error.is_timeout() {
        ClientError::TimedOut { limit }
    } else {
        ClientError::Connection(error.without_url().into())
    }
}
