//! Deliveries that miss the webhook endpoints: one with a slash too many arrives, and any other POST
//! that nothing serves has a line in the log. A wrong path in Stripe's dashboard is found there.
//!
//! The application's own routes come first: this sees only what none of them takes.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::time::Instant;
use tower_service::Service;

use crate::app::Djstripe;
use crate::endpoint::WEBHOOK_PATH;
use crate::telemetry::repeats::LineLimit;
use crate::webhook::delivery::Delivery;

/// Lines about POSTs to unknown paths.
static UNKNOWN_PATHS: LineLimit = LineLimit::per_minute(5);

/// Characters of a path that are logged.
const LONGEST_PATH: usize = 200;

#[derive(Clone)]
struct Webhooks {
    app: Djstripe,
    /// The webhook endpoints at [`WEBHOOK_PATH`].
    router: Router,
}

/// The application's routes. What they don't take is looked at here.
pub(crate) fn with_strays(app: &Djstripe, webhooks: &Router, routes: Router) -> Router {
    let state = Webhooks {
        app: app.clone(),
        router: webhooks.clone(),
    };
    routes.layer(from_fn_with_state(state, look_after))
}

async fn look_after(
    State(mut webhooks): State<Webhooks>,
    mut request: Request,
    next: Next,
) -> Response {
    // The path of a route that takes the request.
    let is_taken = request.extensions().get::<MatchedPath>().is_some();
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    if !is_taken && let Some(uri) = without_slash(request.uri()) {
        *request.uri_mut() = uri;
        return match webhooks.router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
    }

    let stray = Stray::of(&webhooks.app, &request);
    let response = next.run(request).await;
    let is_unserved = match response.status() {
        StatusCode::NOT_FOUND => !is_taken,
        StatusCode::METHOD_NOT_ALLOWED => true,
        _ => false,
    };
    if is_unserved {
        stray.log(response.status());
    }
    response
}

/// The address of a webhook endpoint that has a slash too many.
fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/')?;
    let rest = path.strip_prefix(WEBHOOK_PATH)?;
    let is_of_endpoint = || rest.starts_with('/') && !rest[1..].contains('/') && rest.len() > 1;
    if !rest.is_empty() && !is_of_endpoint() {
        return None;
    }

    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// What is logged about a POST that nothing serves.
struct Stray {
    path: String,
    remote_address: String,
}

impl Stray {
    fn of(app: &Djstripe, request: &Request) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let delivery = Delivery {
            headers: request.headers().clone(),
            body: Default::default(),
            peer: peer.map(|ConnectInfo(peer)| *peer),
        };
        Self {
            path: request.uri().path().chars().take(LONGEST_PATH).collect(),
            remote_address: app.server().sender(&delivery),
        }
    }

    fn log(&self, status: StatusCode) {
        let Some(suppressed) = UNKNOWN_PATHS.written(Instant::now()) else {
            return;
        };
        tracing::warn!(
            path = ?self.path,
            remote_address = self.remote_address,
            status = status.as_u16(),
            suppressed,
            "a POST to a path that nothing serves; deliveries go to {WEBHOOK_PATH}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_at_the_end_of_an_endpoint_is_too_many() {
        let check = |uri: &str, expected: Option<&str>| {
            let found = without_slash(&uri.parse().unwrap());
            let found = found.map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{uri}");
        };

        check("/stripe/webhook/", Some("/stripe/webhook"));
        check("/stripe/webhook/?a=b", Some("/stripe/webhook?a=b"));
        check("/stripe/webhook/some-id/", Some("/stripe/webhook/some-id"));
        for other in [
            "/stripe/webhook",
            "/stripe/webhook/some-id",
            "/stripe/webhook//",
            "/stripe/webhook/some-id//",
            "/stripe/webhook/some-id/more/",
            "/stripe/webhooks/",
            "/shop/stripe/webhook/",
            "/",
        ] {
            check(other, None);
        }
    }
}
