//! The pages. A real application knows the user from a session; here the path names the user.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use djstripe_core::store::prelude::*;
use djstripe_core::{BoxError, Djstripe, http, with_db};

use crate::tables::{access, workspaces};
use crate::users::User;

/// What is sold.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The id of the price.
    pub price: String,
    /// Where the application is reached, without a slash at the end.
    pub url: String,
}

#[derive(Clone)]
struct Business {
    app: Djstripe,
    plan: Plan,
}

/// All pages.
pub fn routes(app: Djstripe, plan: Plan) -> Router {
    Router::new()
        .route("/users/{user}", post(sign_up).get(show))
        .route("/users/{user}/checkout", post(checkout))
        .route("/users/{user}/portal", post(portal))
        .with_state(Business {
            app: app.clone(),
            plan,
        })
        .merge(http::probes(app))
}

/// `POST /users/ann`, with the address in the body. A customer that waits for this user is linked.
async fn sign_up(
    State(Business { app, .. }): State<Business>,
    Path(id): Path<String>,
    email: String,
) -> Result<StatusCode, Failed> {
    let user = User { id, email };
    {
        let mut session = app.store().session().await?;
        user.sign_up(&mut session.db()?).await?;
    }
    app.link(&user).await?;
    Ok(StatusCode::CREATED)
}

/// `POST /users/ann/checkout` leads to Stripe's page.
async fn checkout(
    State(Business { app, plan }): State<Business>,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let Some(user) = find(&app, &id).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let session = app
        .checkout(&user, &plan.price)
        .success_url(format!("{}/users/{id}", plan.url))
        .cancel_url(format!("{}/", plan.url))
        .await?;
    redirect(session.url.as_deref())
}

/// `POST /users/ann/portal` leads to the page on which a customer changes or cancels.
async fn portal(
    State(Business { app, plan }): State<Business>,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let return_url = format!("{}/users/{id}", plan.url);
    let session = app.portal(id).return_url(return_url).await?;
    redirect(session.url.as_deref())
}

fn redirect(url: Option<&str>) -> Result<Response, Failed> {
    let url = url.ok_or("Stripe sent no page")?;
    Ok(Redirect::to(url).into_response())
}

/// `GET /users/ann`: what the user has, from the mirror and from the application's own tables.
async fn show(
    State(Business { app, plan }): State<Business>,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let Some(user) = find(&app, &id).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let plan = match app.is_on(&user, &plan.price).await? {
        true => "pro",
        false => "free",
    };
    let workspace = match app.users().customer(&user).await? {
        Some(customer) => workspace(&app, &customer).await?,
        None => "none",
    };
    Ok(format!("{} is on {plan}, workspace: {workspace}", user.email).into_response())
}

async fn find(app: &Djstripe, id: &str) -> Result<Option<User>, BoxError> {
    let mut session = app.store().session().await?;
    Ok(User::find(id, &mut session.db()?).await?)
}

async fn workspace(app: &Djstripe, customer: &str) -> Result<&'static str, BoxError> {
    let set_up = workspaces::table
        .find(customer)
        .select(workspaces::customer);
    let open = access::table
        .filter(access::customer.eq(customer).and(access::open))
        .select(access::subscription);

    let mut session = app.store().session().await?;
    let mut db = session.db()?;
    let set_up: Vec<String> = with_db!(db, connection => set_up.load(connection).await)?;
    let open: Vec<String> = with_db!(db, connection => open.load(connection).await)?;
    Ok(match (set_up.is_empty(), open.is_empty()) {
        (true, _) => "none",
        (false, true) => "closed",
        (false, false) => "open",
    })
}

/// What went wrong. The visitor learns nothing of it; the log has it.
struct Failed(BoxError);

impl<E: Into<BoxError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        eprintln!("error: {}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
