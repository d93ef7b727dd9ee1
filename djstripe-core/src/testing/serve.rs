//! The HTTP side: who asks, what for, what goes wrong, and what is written down of it.

use std::time::{Duration, Instant, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::answer::Answer;
use super::fault::{self, Effect};
use super::key::Key;
use super::route::{Route, Target, route};
use super::state::{Scope, State};
use super::{Shared, expand, form, read, search, write};

/// Requests that are remembered at most.
const REMEMBERED: usize = 1_000_000;

/// A request as it came in. It doesn't hold the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// `/v1/customers/cus_1`, percent-encoded.
    pub path: String,
    /// What followed the question mark.
    pub query: String,
    /// The body, form-encoded.
    pub body: String,
    /// `Stripe-Account`.
    pub account: Option<String>,
    /// `Stripe-Version`.
    pub api_version: Option<String>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Whether the key was of live mode.
    pub livemode: bool,
    /// Status of the answer; 0 for a connection that was broken.
    pub status: u16,
    /// `Request-Id` of the answer.
    pub request_id: String,
}

pub(super) fn router(state: Shared) -> Router {
    Router::new().fallback(serve).with_state(state)
}

async fn serve(
    Extract(state): Extract<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    let key = Key::read(header("authorization").as_deref());
    let (answer, effect, request_id, now) = {
        let mut state = state.lock();
        let request_id = state.new_id("request");
        let mut request = LoggedRequest {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            body,
            account: header("stripe-account"),
            api_version: header("stripe-version"),
            idempotency_key: header("idempotency-key"),
            livemode: key.livemode(),
            status: 0,
            request_id: request_id.clone(),
        };
        let effect = effect(&mut state, &request);
        let answer = match &effect {
            Some(Effect::Answer(answer)) => answer.clone(),
            Some(Effect::Missing) => missing(&request.path),
            _ if key.is_valid() => once(&mut state, &request),
            _ => Answer::bad_key(key != Key::Absent),
        };
        request.status = if matches!(effect, Some(Effect::Reset)) {
            0
        } else {
            answer.status
        };
        if state.requests.len() < REMEMBERED {
            state.requests.push(request);
        }
        (answer, effect, request_id, state.now())
    };
    match effect {
        Some(Effect::Slow(by)) => tokio::time::sleep(by).await,
        Some(Effect::Reset) => return broken(),
        Some(Effect::Malformed) => return "<html>A proxy's page</html>".into_response(),
        _ => {}
    }
    let mut response = respond(answer, request_id, header("stripe-version"), key.livemode());
    let date = UNIX_EPOCH + Duration::from_secs(now.unsigned_abs());
    if let Ok(date) = httpdate::fmt_http_date(date).parse() {
        response.headers_mut().insert("date", date);
    }
    response
}

/// What goes wrong with this request.
fn effect(state: &mut State, request: &LoggedRequest) -> Option<Effect> {
    if let Some((most, recent)) = &mut state.limit {
        let now = Instant::now();
        while recent
            .front()
            .is_some_and(|then| now.duration_since(*then) >= Duration::from_secs(1))
        {
            recent.pop_front();
        }
        if recent.len() >= *most as usize {
            return Some(Effect::Answer(Answer::rate_limited("global-rate")));
        }
        recent.push_back(now);
    }
    if let Some(effect) = fault::next(&mut state.faults, &request.method, &request.path) {
        return Some(effect);
    }
    let (fraction, random) = state.chance.as_mut()?;
    random.happens(*fraction).then(|| fault::any(random))
}

/// Answers a write that was made before as it was answered then.
fn once(state: &mut State, request: &LoggedRequest) -> Answer {
    let account = request.account.clone().unwrap_or_default();
    let scope = Scope {
        account,
        livemode: request.livemode,
    };
    if !state.reaches(&scope) {
        return Answer::bad_account(&scope.account);
    }
    let (Some(key), "POST") = (&request.idempotency_key, request.method.as_str()) else {
        return answer(state, &scope, request);
    };
    let (key, asked) = (
        (scope.clone(), key.clone()),
        format!("{} {}", request.path, request.body),
    );
    match state.idempotency.get(&key) {
        Some((before, first)) if *before == asked => first.clone().header("idempotent-replayed", "true"),
        Some(_) => Answer::error(
            400,
            "idempotency_error",
            None,
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            None,
        )
        .header("stripe-should-retry", "false"),
        None => {
            let answer = answer(state, &scope, request);
            // What was refused before anything was done isn't kept, so that it can be put right.
            if answer.status == 200 {
                let first = answer.clone().header("original-request", request.request_id.clone());
                state.idempotency.insert(key, (asked, first));
            }
            answer
        }
    }
}

fn answer(state: &mut State, scope: &Scope, request: &LoggedRequest) -> Answer {
    let parameters = if request.method == "POST" {
        &request.body
    } else {
        &request.query
    };
    let parameters = form::pairs(parameters);
    if request.method == "GET"
        && let Some(found) = search::search(state, scope, &request.path, &parameters)
    {
        return found.unwrap_or_else(|error| *error);
    }
    let Some(route) = route(&request.path) else {
        return Answer::unknown_path(&request.method, &request.path);
    };
    let answered = match request.method.as_str() {
        "GET" => read::get(state, scope, &route, &request.path, &parameters),
        "POST" => write::post(state, scope, &route, form::parse(&request.body)),
        "DELETE" => write::delete(state, scope, &route),
        _ => Err(Box::new(Answer::unknown_path(
            &request.method,
            &request.path,
        ))),
    };
    let expanded = answered.and_then(|mut answered| {
        let fields = parameters
            .iter()
            .filter(|(name, _)| form::segments(name).first() == Some(&"expand"));
        for (_, field) in fields {
            expand::expand(state, scope, &mut answered.body, field)?;
        }
        Ok(answered)
    });
    expanded.unwrap_or_else(|error| *error)
}

/// As if the object that the path names weren't there.
fn missing(path: &str) -> Answer {
    match route(path) {
        Some(Route {
            objects,
            target: Target::One(id),
            ..
        }) => Answer::missing(&objects, &id, "id"),
        _ => Answer::missing(&["object"], "fake", "id"),
    }
}

fn respond(
    answer: Answer,
    request_id: String,
    version: Option<String>,
    livemode: bool,
) -> Response {
    let mut body = answer.body;
    if let Some(error) = body.get_mut("error") {
        let mode = if livemode { "" } else { "test/" };
        error["request_log_url"] =
            format!("https://dashboard.stripe.com/{mode}logs/{request_id}").into();
    }
    let mut response = Response::builder()
        .status(answer.status)
        .header("content-type", "application/json")
        .header("request-id", request_id)
        .header(
            "stripe-version",
            version.as_deref().unwrap_or(crate::webhook::API_VERSION),
        );
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(body.to_string()))
        .unwrap_or_default()
}

/// Promises a body and breaks off in the middle of it.
fn broken() -> Response {
    let pieces = [
        Ok(Bytes::from_static(b"{\"id\":")),
        Err(std::io::Error::other("broken off on purpose")),
    ];
    Response::builder()
        .header("content-length", "1000")
        .body(Body::from_stream(stream::iter(pieces)))
        .unwrap_or_default()
}
