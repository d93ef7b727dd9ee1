//! The HTTP side of the fake Stripe.
//!
//! What comes in: an HTTP request. What goes out: Stripe's response, or the fault that the test
//! injected. Every request is logged.

use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::answer::Answer;
use super::fault::FaultKind;
use super::key::Key;
use super::route::{Route, Target, route};
use super::state::{IdempotentAnswer, Origin, Scope, State};
use super::writer::Writer;
use super::{SharedState, action, destinations, expand, form, read, search, thin, write};
use crate::webhook::sample::SAMPLES_PATH;

/// The highest number of requests that are logged.
const MAX_LOGGED: usize = 1_000_000;

/// A request that the fake Stripe received. The API key is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// `/v1/customers/cus_1`, percent-encoded.
    pub path: String,
    /// The query string, without the question mark.
    pub query: String,
    /// The body: form-encoded, or JSON below `/v2/`.
    pub body: String,
    /// The header `Stripe-Account`, or the account that the header `Stripe-Context` ends with.
    pub account: Option<String>,
    /// The header `Stripe-Context`.
    pub context: Option<String>,
    /// The account that the API key belongs to; empty for the platform.
    pub own_account: String,
    /// The header `Stripe-Version`.
    pub api_version: Option<String>,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Whether the API key was one of live mode.
    pub livemode: bool,
    /// Status of the response; 0 if the connection was broken on purpose.
    pub status: u16,
    /// `Request-Id` of the response.
    pub request_id: String,
}

pub(super) fn router(state: SharedState) -> Router {
    Router::new().fallback(serve).with_state(state)
}

async fn serve(
    Extract(state): Extract<SharedState>,
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
    let key = Key::parse(header("authorization").as_deref());
    let request = LoggedRequest {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        account: header("stripe-account").or_else(|| {
            let context = header("stripe-context")?;
            context.rsplit('/').next().map(str::to_owned)
        }),
        context: header("stripe-context"),
        own_account: Key::own_account(header("authorization").as_deref()),
        api_version: header("stripe-version"),
        idempotency_key: header("idempotency-key"),
        livemode: key.livemode(),
        status: 0,
        request_id: String::new(),
    };

    let Handled {
        answer,
        fault,
        request_id,
        now,
    } = handle(&mut state.lock(), request, key);

    match fault {
        Some(FaultKind::Slow(by)) => tokio::time::sleep(by).await,
        Some(FaultKind::Reset) => return truncated_response(),
        Some(FaultKind::Malformed) => return "<html>A proxy's page</html>".into_response(),
        Some(FaultKind::Answer(_) | FaultKind::Missing) | None => {}
    }

    let mut response = respond(answer, request_id, header("stripe-version"), key.livemode());
    // The fake's clock may differ from the machine's, so the date is set here and not by hyper.
    let date = UNIX_EPOCH + Duration::from_secs(now.unsigned_abs());
    if let Ok(date) = httpdate::fmt_http_date(date).parse() {
        response.headers_mut().insert("date", date);
    }
    response
}

/// What a request led to.
struct Handled {
    answer: Answer,
    fault: Option<FaultKind>,
    request_id: String,
    now: i64,
}

/// Carries out a request, unless a fault replaces it, and logs it.
fn handle(state: &mut State, mut request: LoggedRequest, key: Key) -> Handled {
    let request_id = state.new_id("request");
    request.request_id.clone_from(&request_id);

    let fault = state.next_fault(&request);
    let answer = match &fault {
        Some(FaultKind::Answer(answer)) => answer.clone(),
        Some(FaultKind::Missing) => missing(&request.path),
        _ if key.is_valid() => answer_once(state, &request),
        _ => Answer::bad_key(key != Key::Absent),
    };

    request.status = match fault {
        Some(FaultKind::Reset) => 0,
        _ => answer.status,
    };
    if state.requests.len() < MAX_LOGGED {
        state.requests.push(request);
    }

    Handled {
        answer,
        fault,
        request_id,
        now: state.now(),
    }
}

/// Answers a request. One with an idempotency key gets the response of the first such request.
fn answer_once(state: &mut State, request: &LoggedRequest) -> Answer {
    let scope = Scope {
        account: request
            .account
            .clone()
            .unwrap_or_else(|| request.own_account.clone()),
        livemode: request.livemode,
    };
    if scope.account != request.own_account && !state.has_access(&scope) {
        return Answer::bad_account(&scope.account);
    }
    let (Some(key), "POST") = (&request.idempotency_key, request.method.as_str()) else {
        return answer(state, &scope, request);
    };

    let key = (scope.clone(), key.clone());
    let fingerprint = format!("{} {}", request.path, request.body);
    match state.idempotent_answers.get(&key) {
        Some(first) if first.request == fingerprint => {
            first.answer.clone().header("idempotent-replayed", "true")
        }
        Some(_) => Answer::idempotency_error(),
        None => {
            let answer = answer(state, &scope, request);
            // Stripe does not keep the response to a request that it refused before doing
            // anything, so that a corrected request may use the same key.
            if answer.status == 200 {
                let original = request.request_id.clone();
                let first = IdempotentAnswer {
                    request: fingerprint,
                    answer: answer.clone().header("original-request", original),
                };
                state.idempotent_answers.insert(key, first);
            }
            answer
        }
    }
}

/// Stores the samples that the command `trigger` is about to send, an array of objects, so that an
/// application finds what an event tells of.
fn keep_samples(state: &mut State, scope: &Scope, body: &str) -> Answer {
    let Ok(samples) = serde_json::from_str::<Vec<Value>>(body) else {
        return Answer::invalid("The body is not an array of objects.", None);
    };
    let count = samples.len();
    for sample in samples {
        state.insert(scope, sample);
    }
    Answer::ok(json!({ "object": "samples", "count": count }))
}

fn answer(state: &mut State, scope: &Scope, request: &LoggedRequest) -> Answer {
    let parameters = form::pairs(if request.method == "POST" {
        &request.body
    } else {
        &request.query
    });
    if let Some(name) = form::too_deep(&parameters) {
        return Answer::too_deep(name);
    }
    if request.method == "GET"
        && let Some(found) = search::search(state, scope, &request.path, &parameters)
    {
        return found;
    }
    if request.method == "GET"
        && let Some(found) = thin::get(state, scope, &request.path, &parameters)
    {
        return found;
    }
    if (&*request.method, &*request.path) == ("POST", SAMPLES_PATH) {
        return keep_samples(state, scope, &request.body);
    }
    let unknown = || Box::new(Answer::unknown_path(&request.method, &request.path));
    let route = route(&request.path);
    let mut writer = Writer {
        state,
        scope,
        origin: Origin {
            request: Some(request.request_id.clone()),
            idempotency_key: request.idempotency_key.clone(),
            own_account: request.own_account.clone(),
        },
    };
    if let Some(answer) = destinations::answer(&mut writer, request, &parameters) {
        return answer.unwrap_or_else(|error| *error);
    }

    let answer = match (request.method.as_str(), route) {
        ("GET", Some(route)) => read::get(writer.state, scope, &route, &request.path, &parameters),
        ("GET", None) => action::page(&writer, &request.path)
            .unwrap_or_else(|| Err(unknown()))
            .map(Answer::ok),
        ("POST", Some(route)) => {
            write::post(&mut writer, &route, form::parse(&request.body)).map(Answer::ok)
        }
        ("POST", None) => action::act(&mut writer, &request.path, form::parse(&request.body))
            .unwrap_or_else(|| Err(unknown()))
            .map(Answer::ok),
        ("DELETE", Some(route)) => write::delete(&mut writer, &route).map(Answer::ok),
        _ => Err(unknown()),
    };

    let expanded = answer.and_then(|mut answer| {
        expand::hide(&mut answer.body);
        hide_account(scope, &mut answer.body);
        let fields = parameters
            .iter()
            .filter(|(name, _)| form::segments(name).first() == Some(&"expand"));
        for (_, field) in fields {
            expand::expand(state, scope, &mut answer.body, field)?;
        }
        Ok(answer)
    });
    expanded.unwrap_or_else(|error| *error)
}

/// Removes from events the account on whose behalf they were requested, as Stripe does.
fn hide_account(scope: &Scope, body: &mut Value) {
    let items = match body["object"].as_str() {
        Some("event") => std::slice::from_mut(body),
        Some("list") => match body.get_mut("data").and_then(Value::as_array_mut) {
            Some(items) => items.as_mut_slice(),
            None => return,
        },
        _ => return,
    };
    for event in items.iter_mut().filter(|it| it["object"] == "event") {
        if event["account"] == *scope.account
            && let Some(fields) = event.as_object_mut()
        {
            fields.remove("account");
        }
    }
}

/// The response as if the object that the path names did not exist.
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

    let version = version.as_deref().unwrap_or(crate::webhook::API_VERSION);
    let mut response = Response::builder()
        .status(answer.status)
        .header("content-type", "application/json")
        .header("request-id", request_id)
        .header("stripe-version", version);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }

    response
        .body(Body::from(body.to_string()))
        .unwrap_or_default()
}

/// A response whose connection breaks in the middle of the body.
fn truncated_response() -> Response {
    let pieces = [
        Ok(Bytes::from_static(b"{\"id\":")),
        Err(std::io::Error::other("broken off on purpose")),
    ];
    Response::builder()
        .header("content-length", "1000")
        .body(Body::from_stream(stream::iter(pieces)))
        .unwrap_or_default()
}
