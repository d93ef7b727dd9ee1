//! What is wrong with the endpoints, in the database and at Stripe.

use std::time::SystemTime;

use super::at_stripe;
use super::tools::{Tools, all_endpoints};
use crate::cli::exit::CommandError;
use crate::client::{Client, Clients};
use crate::endpoint::{EncryptionKey, Endpoint, StripeEndpoint, ValidationMethod, differences};
use crate::error::describe;
use crate::store::Store;

/// An endpoint of the database, and its problems.
pub(in crate::cli) struct Inspected {
    pub(in crate::cli) endpoint: Endpoint,
    pub(in crate::cli) problems: Vec<String>,
}

/// Inspects each endpoint of the database, for `check`.
pub(in crate::cli) async fn inspect_all(
    store: &Store,
    clients: &Clients,
    key: Option<&EncryptionKey>,
    needed: Vec<String>,
) -> Result<Vec<Inspected>, CommandError> {
    let tools = Tools {
        store: store.clone(),
        clients: clients.clone(),
        key: key.cloned(),
        needed,
    };
    let mut inspected = Vec::new();
    for endpoint in all_endpoints(store).await? {
        let problems = inspect(&tools, &endpoint).await;
        inspected.push(Inspected { endpoint, problems });
    }
    Ok(inspected)
}

/// The problems of one endpoint.
pub(super) async fn inspect(tools: &Tools, endpoint: &Endpoint) -> Vec<String> {
    let mut problems = inspect_row(tools, endpoint);
    let client = tools.client_of(endpoint);
    if let (Some(client), Some(stripe_id)) = (client, &endpoint.stripe_id) {
        problems.extend(inspect_at_stripe(tools, client, endpoint, stripe_id).await);
    }
    problems
}

fn inspect_row(tools: &Tools, endpoint: &Endpoint) -> Vec<String> {
    let mut problems = Vec::new();
    match endpoint.validation {
        ValidationMethod::VerifySignature => {
            if let Err(error) = endpoint.open_secrets(tools.key.as_ref(), SystemTime::now()) {
                problems.push(describe(&error));
            }
        }
        ValidationMethod::RetrieveEvent if tools.client_of(endpoint).is_none() => {
            problems.push("it retrieves events from Stripe, but no secret key is set".to_owned());
        }
        ValidationMethod::RetrieveEvent => {}
        ValidationMethod::None => {
            let problem = "it checks nothing: anyone who knows its address can forge events";
            problems.push(problem.to_owned());
        }
    }

    if let Some(account) = &endpoint.own_account
        && tools.client_of(endpoint).is_none()
    {
        problems.push(format!(
            "no secret key of {account} is declared: its objects are mirrored as events carry them"
        ));
    }
    if let Some(replaced) = &endpoint.replaced_stripe_id {
        problems.push(format!(
            "its secret is being rolled; run `endpoints roll {} --finish`, which deletes {replaced}",
            endpoint.id
        ));
    }
    problems
}

async fn inspect_at_stripe(
    tools: &Tools,
    client: &Client,
    endpoint: &Endpoint,
    stripe_id: &str,
) -> Vec<String> {
    match at_stripe::fetch(client, endpoint, stripe_id).await {
        Ok(Some(at_stripe)) => differences(endpoint, &at_stripe, &tools.needed)
            .iter()
            .map(ToString::to_string)
            .collect(),
        Ok(None) => vec![gone(stripe_id)],
        Err(error) => {
            let error = describe(error.as_ref());
            vec![format!("failed to retrieve {stripe_id}: {error}")]
        }
    }
}

pub(super) fn gone(stripe_id: &str) -> String {
    format!("{stripe_id} is gone at Stripe; `endpoints roll` creates another")
}

/// An endpoint at Stripe that djstripe created and that the database doesn't have.
pub(super) struct UnknownEndpoint {
    /// Id of the row that it was created for, according to its metadata.
    pub(super) row_id: String,
    pub(super) at_stripe: StripeEndpoint,
    /// The database has that row, with another endpoint at Stripe: an interrupted command left this one
    /// behind. Otherwise the row is in another database.
    pub(super) is_left_over: bool,
}

/// The unknown endpoints in the modes of the client's keys.
pub(super) async fn unknown_endpoints(
    client: &Client,
    endpoints: &[Endpoint],
) -> Result<Vec<UnknownEndpoint>, CommandError> {
    let mut unknown = Vec::new();
    for livemode in [false, true] {
        if client.has_key(livemode) {
            let all = at_stripe::list(client, livemode).await?;
            unknown.extend(
                all.into_iter()
                    .filter_map(|it| unknown_endpoint(it, endpoints)),
            );
        }
    }
    Ok(unknown)
}

/// The endpoints among `all` that an interrupted command left behind.
pub(in crate::cli) fn left_over(
    all: &[StripeEndpoint],
    endpoints: &[Endpoint],
) -> Vec<StripeEndpoint> {
    let unknown = all
        .iter()
        .filter_map(|at_stripe| unknown_endpoint(at_stripe.clone(), endpoints));
    unknown
        .filter(|unknown| unknown.is_left_over)
        .map(|unknown| unknown.at_stripe)
        .collect()
}

fn unknown_endpoint(at_stripe: StripeEndpoint, endpoints: &[Endpoint]) -> Option<UnknownEndpoint> {
    let is_known = endpoints
        .iter()
        .flat_map(|endpoint| [&endpoint.stripe_id, &endpoint.replaced_stripe_id])
        .flatten()
        .any(|id| *id == at_stripe.id);
    if is_known {
        return None;
    }

    let row_id = at_stripe
        .metadata
        .get(StripeEndpoint::METADATA_KEY)?
        .clone();
    let is_left_over = endpoints
        .iter()
        .any(|endpoint| endpoint.id.to_string() == row_id);
    Some(UnknownEndpoint {
        row_id,
        at_stripe,
        is_left_over,
    })
}
