//! The HTTP side: who asks, what for, what goes wrong, and what is written down of it.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::answer::Answer;
use super::fault::{self, Effect};
use super::route::{Route, Target, route};
use super::state::{Scope, State};
use super::write::shown;
use super::{Shared, expand, form, list, write};

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

async fn serve(Extract(state): Extract<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = String::from_utf8_lossy(&body).into_owned();
    let key = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let livemode = key.as_deref().and_then(mode_of);
    let (answer, effect, request_id) = {
        let mut state = state.lock();
        let request_id = state.new_id("request").replace("r_fake", "req_fake");
        let mut request = LoggedRequest {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            body,
            account: header("stripe-account"),
            api_version: header("stripe-version"),
            idempotency_key: header("idempotency-key"),
            livemode: livemode == Some(true),
            status: 0,
            request_id: request_id.clone(),
        };
        let effect = effect(&mut state, &request);
        let answer = match (&effect, livemode) {
            (Some(Effect::Answer(answer)), _) => answer.clone(),
            (_, None) => Answer::bad_key(),
            (_, Some(_)) => once(&mut state, &request),
        };
        request.status = if matches!(effect, Some(Effect::Reset)) { 0 } else { answer.status };
        if state.requests.len() < REMEMBERED {
            state.requests.push(request);
        }
        (answer, effect, request_id)
    };
    match effect {
        Some(Effect::Slow(by)) => tokio::time::sleep(by).await,
        Some(Effect::Reset) => return broken(),
        Some(Effect::Malformed) => return "<html>A proxy's page</html>".into_response(),
        _ => {}
    }
    respond(answer, request_id, header("stripe-version"))
}

fn mode_of(key: &str) -> Option<bool> {
    let (kind, rest) = key.split_once('_')?;
    let (mode, secret) = rest.split_once('_')?;
    let known = ["sk", "rk"].contains(&kind) && !secret.is_empty();
    match mode {
        "test" if known => Some(false),
        "live" if known => Some(true),
        _ => None,
    }
}

/// What goes wrong with this request.
fn effect(state: &mut State, request: &LoggedRequest) -> Option<Effect> {
    if let Some((most, recent)) = &mut state.limit {
        let now = Instant::now();
        while recent.front().is_some_and(|then| now.duration_since(*then) >= Duration::from_secs(1)) {
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
    let scope = Scope { account, livemode: request.livemode };
    if !state.reaches(&scope) {
        return Answer::bad_account(&scope.account);
    }
    let (Some(key), "POST") = (&request.idempotency_key, request.method.as_str()) else {
        return answer(state, &scope, request);
    };
    let (key, asked) = ((scope.clone(), key.clone()), format!("{} {}", request.path, request.body));
    match state.idempotency.get(&key) {
        Some((before, answer)) if *before == asked => answer.clone().header("idempotent-replayed", "true"),
        Some(_) => Answer::error(
            400,
            "idempotency_error",
            None,
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            None,
        ),
        None => {
            let answer = answer(state, &scope, request);
            state.idempotency.insert(key, (asked, answer.clone()));
            answer
        }
    }
}

fn answer(state: &mut State, scope: &Scope, request: &LoggedRequest) -> Answer {
    let Some(route) = route(&request.path) else { return Answer::unknown_path(&request.method, &request.path) };
    let parameters = if request.method == "POST" { &request.body } else { &request.query };
    let query = form::pairs(parameters);
    let answered = match request.method.as_str() {
        "GET" => read(state, scope, &route, &request.path, &query),
        "POST" => write::post(state, scope, &route, form::parse(&request.body)),
        "DELETE" => write::delete(state, scope, &route),
        _ => Answer::unknown_path(&request.method, &request.path),
    };
    if answered.status != 200 {
        return answered;
    }
    let mut answered = answered;
    for (_, field) in query.iter().filter(|(name, _)| name == "expand" || name.starts_with("expand[")) {
        if let Err(error) = expand::expand(state, scope, &mut answered.body, field) {
            return *error;
        }
    }
    answered
}

fn read(state: &State, scope: &Scope, route: &Route, path: &str, query: &[(String, String)]) -> Answer {
    match &route.target {
        Target::List => {
            let mut answer =
                embedded(state, scope, route, path).unwrap_or_else(|| list::page(state, scope, route, path, query));
            if let Some(items) = answer.body.get_mut("data").and_then(|data| data.as_array_mut()) {
                items.iter_mut().for_each(|item| *item = shown(item.take()));
            }
            answer
        }
        Target::Singleton => {
            let object = route.objects[0];
            let account = (object == "account").then(|| state.get(scope, object, &scope.account)).flatten();
            let found = account.cloned().or_else(|| state.all(scope, object).into_iter().next());
            Answer::ok(found.unwrap_or_else(|| json!({ "object": object, "livemode": scope.livemode })))
        }
        Target::One(id) => match state.find(scope, &route.objects, id) {
            Some(value) => Answer::ok(shown(value.clone())),
            None if route.objects == ["customer"] && state.was_deleted(scope, "customer", id) => {
                Answer::ok(json!({ "id": id, "object": "customer", "deleted": true }))
            }
            None => Answer::missing(route.objects[0], id, "id"),
        },
    }
}

/// A list that is kept within its parent, `/v1/invoices/in_1/lines`, all of it.
fn embedded(state: &State, scope: &Scope, route: &Route, path: &str) -> Option<Answer> {
    let (_, parent) = route.parent.as_ref()?;
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (name, of) = (segments.last()?, super::route::route(&segments[..segments.len() - 1].join("/"))?);
    let list = state.find(scope, &of.objects, parent)?.get(*name)?.get("data")?.clone();
    Some(Answer::ok(json!({ "object": "list", "data": list, "has_more": false, "url": path })))
}

fn respond(answer: Answer, request_id: String, version: Option<String>) -> Response {
    let mut response = Response::builder()
        .status(answer.status)
        .header("content-type", "application/json")
        .header("request-id", request_id)
        .header("stripe-version", version.as_deref().unwrap_or(crate::API_VERSION));
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body.to_string())).unwrap_or_default()
}

/// Promises a body and breaks off in the middle of it.
fn broken() -> Response {
    let pieces = [Ok(Bytes::from_static(b"{\"id\":")), Err(std::io::Error::other("broken off on purpose"))];
    Response::builder()
        .header("content-length", "1000")
        .body(Body::from_stream(stream::iter(pieces)))
        .unwrap_or_default()
}
