//! The page as an axum router: every request is let in or refused here, and every response protected.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::access_source::{AccessSource, Refused};
use super::actions::{perform, propose, redact};
use super::error::PageError;
use super::guard::{is_same_origin, protect};
use super::layout::{View, document};
use super::params::Params;
use super::state::PageState;
use super::views::find::Search;
use super::visit::{Visit, base};
use super::{assets, views};
use crate::app::Djstripe;
use crate::timestamp::Timestamp;

/// Longest form: the ids of 500 events fit in.
const LONGEST_FORM: usize = 256 * 1024;

/// The page, below any prefix: for `Router::nest` and `Router::nest_service`. Its links are relative, so
/// that it works behind a proxy that strips a prefix too, if the proxy serves the page under an address
/// that ends with a slash.
///
/// `access` says who decides who may see it. Without a decision it answers 403.
///
/// ```no_run
/// use axum::Router;
/// use axum::extract::Request;
/// use axum::middleware::{Next, from_fn};
/// use axum::response::Response;
/// use djstripe_core::Djstripe;
/// use djstripe_core::page::{self, Access, AccessSource, Operator};
///
/// /// Whoever the shop knows as an administrator may see the page.
/// async fn admins_only(mut request: Request, next: Next) -> Response {
///     if let Some(name) = administrator(&request) {
///         request.extensions_mut().insert(Operator::new(name, Access::All));
///     }
///     next.run(request).await
/// }
///
/// fn administrator(request: &Request) -> Option<String> {
///     // The session of the request…
/// #   let _ = request; None
/// }
///
/// fn routes(app: Djstripe) -> Router {
///     let page = page::router(app, AccessSource::Extension).layer(from_fn(admins_only));
///     Router::new().nest_service("/admin/stripe", page)
/// }
/// ```
pub fn router(app: Djstripe, access: AccessSource) -> Router {
    Router::new()
        .route("/", any(serve))
        .route("/{*path}", any(serve))
        .with_state(PageState::new(app, access))
}

async fn serve(State(state): State<PageState>, request: Request) -> Response {
    let mut response = answer(state, request).await;
    protect(&mut response);
    response
}

async fn answer(state: PageState, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let operator = match state.source().operator(&parts) {
        Ok(operator) => operator,
        Err(refused) => return refusal(refused),
    };
    if let Some(asset) = assets::find(parts.uri.path().trim_start_matches('/')) {
        return asset;
    }

    let is_form = parts.method == Method::POST;
    let form = if is_form {
        if !is_same_origin(&parts.headers) {
            return plain(StatusCode::FORBIDDEN, &PageError::OtherSite.text());
        }
        match to_bytes(body, LONGEST_FORM).await {
            Ok(form) => Some(form),
            Err(_) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "the form is too long"),
        }
    } else {
        None
    };
    let fields = match &form {
        Some(form) => String::from_utf8_lossy(form).into_owned(),
        None => parts.uri.query().unwrap_or_default().to_owned(),
    };

    let unwritable = state.unwritable().await;
    let visit = Visit {
        state,
        operator,
        unwritable,
        base: base(parts.uri.path(), original(&parts)),
        view: parts.uri.path().trim_start_matches('/').to_owned(),
        params: Params::read(&fields),
        now: Timestamp::now(),
    };
    let found = match parts.method {
        Method::GET | Method::HEAD => view(&visit).await,
        Method::POST => change(&visit).await,
        _ => {
            return plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "this page takes GET and POST",
            );
        }
    };
    found.unwrap_or_else(|error| failure(&visit, &error))
}

/// The path of the request as it came to this server.
fn original(parts: &Parts) -> &str {
    let original = parts.extensions.get::<OriginalUri>();
    original.map_or(parts.uri.path(), |OriginalUri(uri)| uri.path())
}

/// The views.
async fn view(visit: &Visit) -> Result<Response, PageError> {
    let view = match visit.view.as_str() {
        "" => views::overview::show(visit).await,
        "events" => views::events::show(visit).await,
        "event" => views::event::show(visit).await,
        "payload" => return views::payload::download(visit).await,
        "effects" => views::effects::show(visit).await,
        "effect" => views::effect::show(visit).await,
        "objects" => views::objects::show(visit).await,
        "rows" if visit.params.get("type").is_none() => views::objects::show(visit).await,
        "rows" => views::rows::show(visit).await,
        "object" => views::object::show(visit).await,
        "receivers" => views::receivers::show(visit).await,
        "refused" => views::refused::show(visit).await,
        "delivery" => views::refused::one(visit).await,
        "endpoints" => views::endpoints::show(visit).await,
        "runs" => views::runs::show(visit).await,
        "database" => views::database::show(visit).await,
        "audit" => views::audit::show(visit).await,
        "job" => views::job::show(visit).await,
        "find" => match views::find::search(visit).await? {
            Search::Only(address) => return Ok(redirect(&address)),
            Search::Several(view) => Ok(view),
        },
        // A form's address, reloaded.
        "propose" | "perform" | "stop" | "count-redaction" | "redact" => {
            return Ok(redirect(&visit.to("", &[])));
        }
        _ => Err(PageError::NotFound("There is no such page.".to_owned())),
    };
    Ok(html(visit, StatusCode::OK, &view?))
}

/// What forms ask for.
async fn change(visit: &Visit) -> Result<Response, PageError> {
    match visit.view.as_str() {
        "propose" => Ok(html(visit, StatusCode::OK, &propose::show(visit).await?)),
        "perform" => Ok(redirect(&perform::run(visit).await?)),
        "stop" => Ok(redirect(&views::job::stop(visit).await?)),
        "count-redaction" => Ok(redirect(&redact::count(visit).await?)),
        "redact" => Ok(redirect(&redact::run(visit).await?)),
        _ => Err(PageError::NotFound("There is no such form.".to_owned())),
    }
}

fn html(visit: &Visit, status: StatusCode, view: &View) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (
        status,
        [(header::CONTENT_TYPE, kind)],
        document(visit, view),
    )
        .into_response()
}

fn failure(visit: &Visit, error: &PageError) -> Response {
    if error.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(
            view = visit.view,
            error = error.text(),
            "a view of the page failed"
        );
    }
    let text = super::shown::shown_up_to(&error.text(), 2_000);
    let content = maud::html! {
        p.banner.bad role="alert" { (text) }
        p { a href=(visit.to("", &[])) { "Overview" } }
    };
    html(visit, error.status(), &View::new(error.title(), content))
}

fn refusal(refused: Refused) -> Response {
    match refused {
        Refused::NoOperator => plain(
            StatusCode::FORBIDDEN,
            "nobody has decided that this request may see the page",
        ),
        Refused::NoPassword => {
            let mut response = plain(StatusCode::UNAUTHORIZED, "the page has a password");
            let scheme = HeaderValue::from_static("Basic realm=\"djstripe\", charset=\"UTF-8\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
            response
        }
    }
}

fn plain(status: StatusCode, text: &str) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    (
        status,
        [(header::CONTENT_TYPE, kind)],
        Body::from(text.to_owned()),
    )
        .into_response()
}

/// Addresses of this page are ASCII, as they are encoded.
fn redirect(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the address can't be written",
        ),
    }
}
