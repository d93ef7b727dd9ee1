//! Sending of requests, with retries.
//!
//! In: a [`Request`]. Out: an [`Answer`], or the [`ClientError`] of the last attempt.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use tracing::Instrument;

use super::api_error::ApiError;
use super::error::ClientError;
use super::request::{Method, Request};
use super::stripe_client::Client;
use crate::error::{BoxError, describe};
use crate::timestamp::Timestamp;
use crate::webhook::API_VERSION;

/// Longest delay that Stripe can request. With a longer one the request fails, and its caller
/// decides when to retry.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// A successful response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    json: String,
    request_id: Option<String>,
    started_at: Timestamp,
    date: Option<Timestamp>,
}

impl Answer {
    /// The JSON as received.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The JSON as received.
    pub fn into_json(self) -> String {
        self.json
    }

    /// Stripe's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// When the successful attempt was sent: the content is at least as recent as this.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The time of the response by Stripe's clock, in whole seconds; `None` if the response has no
    /// `Date`.
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }
}

impl Client {
    /// Sends a request. Connection errors, timeouts and the statuses 409, 429 and 5xx are retried,
    /// unless Stripe advises against it. A write has an idempotency key, so that it happens only
    /// once.
    ///
    /// # Errors
    /// The [`ClientError`] of the last attempt.
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

        let mut request = Cow::Borrowed(request);
        loop {
            let error = match self.try_once(&request, idempotency_key.as_deref()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.is_forbidden()
                && let Some(plain) = request.without_optional_fields()
            {
                request = Cow::Owned(plain);
                continue;
            }

            let (true, Some(delay)) = (error.is_transient(), delays.next()) else {
                return Err(error);
            };
            let retry_after = error
                .api()
                .and_then(|error| error.retry_after)
                .unwrap_or_default();
            if retry_after > LONGEST_RETRY_AFTER {
                return Err(error);
            }

            let delay = delay.max(retry_after);
            let reason = describe(&error);
            tracing::debug!(
                path = request.path(),
                reason,
                ?delay,
                "retrying a request to Stripe"
            );
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
        let account = request.account.as_deref().or(self.account.as_deref());
        let target = self.target(account, request.context.as_deref(), livemode);
        let outgoing = self.outgoing(request, key, target.as_deref(), idempotency_key)?;

        let budget = self.budget(livemode);
        let resource = request.resource();
        let queued_at = tokio::time::Instant::now();
        let permit = budget.acquire(&resource, request.priority).await;
        if let Some(meter) = &self.meter {
            meter.waited(queued_at.elapsed());
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
        let exchanged = exchange(outgoing).instrument(span.clone()).await;
        let status = exchanged.as_ref().ok().map(|exchange| exchange.status);
        crate::telemetry::metrics::requested(status, livemode, budget.rate());

        let limit = self.time_limit(request);
        let exchange = exchanged.map_err(|error| no_response(error, limit))?;
        drop(permit);
        span.record("status", exchange.status);
        span.record("request_id", exchange.header("request-id"));
        span.in_scope(|| tracing::debug!("received the response"));
        if (200..300).contains(&exchange.status) {
            return exchange.into_answer(started_at);
        }

        let header = |name: &str| exchange.header(name).map(str::to_owned);
        let mut error = ApiError::read(exchange.status, header, &exchange.body, request.cursor());
        error.message = self.inner.keys.redact(&error.message);
        if exchange.status == 429 {
            budget.refused(&resource, error.rate_limited.as_deref());
            if let Some(meter) = &self.meter {
                meter.refused();
            }
        }
        Err(ClientError::Api(Box::new(error)))
    }

    /// The account on whose behalf the request is made, seen from the key's own account; `None` for
    /// that account itself.
    fn target<'a>(
        &self,
        account: Option<&'a str>,
        context: Option<&'a str>,
        livemode: bool,
    ) -> Option<Cow<'a, str>> {
        let account = account.filter(|account| !self.is_own(account, livemode))?;
        let Some(context) = context.filter(|context| context.ends_with(account)) else {
            return Some(Cow::Borrowed(account));
        };

        let is_above = |id: &&str| id.starts_with("org_") || self.is_own(id, livemode);
        let below = context.split('/').skip_while(is_above);
        Some(Cow::Owned(below.collect::<Vec<_>>().join("/")))
    }

    /// The request as HTTP sends it.
    fn outgoing(
        &self,
        request: &Request,
        key: &SecretString,
        target: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<RequestBuilder, ClientError> {
        let mut authorization = header_value(&format!("Bearer {}", key.expose_secret()))?;
        authorization.set_sensitive(true);

        let http = &self.inner.http;
        let url = request.url(&self.inner.base);
        let mut outgoing = match request.method {
            Method::Get => http.get(url),
            Method::Post => http
                .post(url)
                .header("content-type", request.content_type()),
            Method::Delete => http.delete(url),
        };
        outgoing = outgoing
            .header("authorization", authorization)
            .timeout(self.time_limit(request));

        let version = request.api_version.as_deref().unwrap_or(API_VERSION);
        let target_header = match target {
            Some(target) if target.contains('/') => "stripe-context",
            _ => "stripe-account",
        };
        let optional = [
            ("stripe-version", Some(version)),
            (target_header, target),
            ("idempotency-key", idempotency_key),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                outgoing = outgoing.header(HeaderName::from_static(name), header_value(value)?);
            }
        }

        Ok(match request.body() {
            Some(body) => outgoing.body(body),
            None => outgoing,
        })
    }

    fn time_limit(&self, request: &Request) -> Duration {
        request.timeout.unwrap_or(self.options().timeout)
    }
}

/// A complete response, of any status.
struct Exchange {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

async fn exchange(outgoing: RequestBuilder) -> Result<Exchange, reqwest::Error> {
    let response = outgoing.send().await?;
    Ok(Exchange {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await?,
    })
}

impl Exchange {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Checks that the body is JSON. A truncated response and the page of a proxy are detected
    /// here, where the request can still be retried.
    fn into_answer(self, started_at: Timestamp) -> Result<Answer, ClientError> {
        let request_id = self.header("request-id").map(str::to_owned);
        let date = self
            .header("date")
            .and_then(|date| httpdate::parse_http_date(date).ok())
            .map(Timestamp::from);

        match json_of(&self.body) {
            Ok(json) => Ok(Answer {
                json: json.to_owned(),
                request_id,
                started_at,
                date,
            }),
            Err(source) => Err(ClientError::Malformed { request_id, source }),
        }
    }
}

fn json_of(body: &[u8]) -> Result<&str, BoxError> {
    let text = std::str::from_utf8(body)?;
    serde_json::from_str::<&RawValue>(text)?;
    Ok(text)
}

fn header_value(text: &str) -> Result<HeaderValue, ClientError> {
    HeaderValue::from_str(text).map_err(|error| ClientError::Setup(error.into()))
}

fn no_response(error: reqwest::Error, limit: Duration) -> ClientError {
    if error.is_timeout() {
        ClientError::TimedOut { limit }
    } else {
        ClientError::Connection(error.without_url().into())
    }
}
