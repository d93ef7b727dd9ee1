//! What is wrong with the endpoints, in the database and at Stripe.

use std::time::SystemTime;

use super::at_stripe::{self, Listed};
use super::parts::gone;
use super::tools::{Tools, all_endpoints, is_taken_over};
use crate::cli::exit::CommandError;
use crate::client::{Client, ClientError, Clients};
use crate::endpoint::{
    EncryptionKey, Endpoint, SecretStorageError, SecretsError, StripeEndpoint, ValidationMethod,
    abbreviate, differences,
};
use crate::error::describe;
use crate::receiver::needed_events::{Needed, is_thin};
use crate::store::Store;

/// An endpoint of the database, and its problems.
pub(in crate::cli) struct Inspected {
    pub(in crate::cli) endpoint: Endpoint,
    pub(in crate::cli) problems: Vec<Problem>,
}

/// What is wrong with an endpoint.
pub(in crate::cli) struct Problem {
    pub(in crate::cli) what: String,
    /// The command or setting that fixes it.
    pub(in crate::cli) fix: String,
    /// Whether Stripe could not be asked, so that nothing is known.
    pub(super) is_unreached: bool,
}

impl Problem {
    fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            fix: fix.into(),
            is_unreached: false,
        }
    }
}

/// Inspects each endpoint of the database, for `check`.
pub(in crate::cli) async fn inspect_all(
    store: &Store,
    clients: &Clients,
    has_unusable_keys: bool,
    encryption_keys: &[EncryptionKey],
    needed: Needed,
) -> Result<Vec<Inspected>, CommandError> {
    let tools = Tools {
        store: store.clone(),
        clients: clients.clone(),
        has_unusable_keys,
        encryption_keys: encryption_keys.to_vec(),
        own: needed.clone(),
        needed,
    };
    let endpoints = all_endpoints(store).await?;
    let mut inspected = Vec::new();
    for endpoint in endpoints.clone() {
        let problems = inspect(&tools, &endpoint, &endpoints).await;
        inspected.push(Inspected { endpoint, problems });
    }
    Ok(inspected)
}

/// The problems of one of `all` endpoints.
pub(super) async fn inspect(tools: &Tools, endpoint: &Endpoint, all: &[Endpoint]) -> Vec<Problem> {
    let mut problems = inspect_row(tools, endpoint);
    let client = tools.client_of(endpoint);
    if let (Some(client), Some(stripe_id)) = (client, &endpoint.stripe_id) {
        let events = tools.events_of(endpoint, all);
        let unsent = unsent(endpoint, all, &events);
        let fix = format!("run `endpoints enable {}`", endpoint.id);
        problems.extend(unsent.map(|what| Problem::new(what, fix)));
        problems.extend(inspect_at_stripe(client, endpoint, stripe_id, &events).await);
    }
    problems
}

/// The problem of an endpoint that was disabled at its cut-over and that has to send events again: a
/// receiver needs one that has no thin event.
pub(super) fn unsent(endpoint: &Endpoint, all: &[Endpoint], events: &[String]) -> Option<String> {
    let is_unsent = !endpoint.enabled && !events.is_empty() && is_taken_over(endpoint, all);
    is_unsent.then(|| {
        format!(
            "disabled, so Stripe sends none of these: {}; run `endpoints enable {}`",
            abbreviate(events),
            endpoint.id
        )
    })
}

fn inspect_row(tools: &Tools, endpoint: &Endpoint) -> Vec<Problem> {
    let mut problems = Vec::new();
    match endpoint.validation {
        ValidationMethod::VerifySignature => problems.extend(inspect_secrets(tools, endpoint)),
        ValidationMethod::RetrieveEvent if tools.client_of(endpoint).is_none() => {
            let what = match tools.has_unusable_keys {
                true => "it retrieves events from Stripe, but the secret key can't be used",
                false => "it retrieves events from Stripe, but no secret key is set",
            };
            problems.push(Problem::new(what, "set STRIPE_SECRET_KEY to a valid key"));
        }
        ValidationMethod::RetrieveEvent => {}
        ValidationMethod::None => {
            let what = "it checks nothing: anyone who knows its address can forge events";
            let fix = format!(
                "create one that verifies signatures with `endpoints create`, then run `endpoints delete {}`",
                endpoint.id
            );
            problems.push(Problem::new(what, fix));
        }
    }

    if let Some(account) = &endpoint.own_account
        && tools.client_of(endpoint).is_none()
        && !tools.has_unusable_keys
    {
        let what = format!(
            "no secret key of {account} is declared: its objects are mirrored as events carry them"
        );
        let fix = format!("set STRIPE_ACCOUNT_KEYS={account}=sk_…");
        problems.push(Problem::new(what, fix));
    }
    if let Some(replaced) = &endpoint.replaced_stripe_id {
        let what = format!(
            "its secret is being rolled; run `endpoints roll {} --finish`, which deletes {replaced}",
            endpoint.id
        );
        let fix = "finish the roll once every server has the new secret";
        problems.push(Problem::new(what, fix));
    }
    problems
}

/// Why none of the endpoint's secrets can be used here, and what helps.
fn inspect_secrets(tools: &Tools, endpoint: &Endpoint) -> Option<Problem> {
    let error = closed(&tools.encryption_keys, endpoint)?;
    let id = endpoint.id;
    let add_secret = || format!("add its secret with `endpoints roll {id} --secret env:NAME`");
    let fix = match &error {
        SecretsError::Unreadable { source, .. } => match source {
            SecretStorageError::Undecryptable | SecretStorageError::NoKey => {
                "add the key that encrypted it to DJSTRIPE_ENCRYPTION_KEY: of several keys, separated by \
                 commas, the first one encrypts"
                    .to_owned()
            }
            SecretStorageError::VariableMissing { .. } | SecretStorageError::Setting(_) => {
                "give every server the variable or the file; `endpoints doctor` says whether it is there"
                    .to_owned()
            }
            _ => add_secret(),
        },
        _ => add_secret(),
    };
    Some(Problem::new(describe(&error), fix))
}

/// Why an endpoint that verifies signatures has no secret that can be used.
pub(super) fn closed(keys: &[EncryptionKey], endpoint: &Endpoint) -> Option<SecretsError> {
    endpoint.signing_secrets(keys, SystemTime::now())?.err()
}

async fn inspect_at_stripe(
    client: &Client,
    endpoint: &Endpoint,
    stripe_id: &str,
    events: &[String],
) -> Vec<Problem> {
    match at_stripe::fetch(client, endpoint, stripe_id).await {
        Ok(Some(at_stripe)) => differences(endpoint, &at_stripe, events)
            .iter()
            .map(|difference| {
                let fix = "run `endpoints sync`, or see `endpoints doctor`";
                Problem::new(difference.to_string(), fix)
            })
            .collect(),
        Ok(None) => {
            let fix = format!("run `endpoints roll {}`", endpoint.id);
            vec![Problem::new(gone(stripe_id), fix)]
        }
        Err(error) => {
            let is_unreached = is_unreached(&error);
            let (base, error) = (&client.options().base, describe(error.as_ref()));
            let what = format!("failed to retrieve {stripe_id}: {error}");
            let fix = match is_unreached {
                true => format!("check that this machine reaches {base}"),
                false => "give the key read access to webhook endpoints and event destinations"
                    .to_owned(),
            };
            vec![Problem {
                is_unreached,
                ..Problem::new(what, fix)
            }]
        }
    }
}

/// Whether a request got no answer that says anything about endpoints.
pub(super) fn is_unreached(error: &CommandError) -> bool {
    let error = error.downcast_ref::<ClientError>();
    error.is_some_and(ClientError::is_transient)
}

/// What sends events of which some are thin only.
pub(in crate::cli) fn thin_hint(names: &[String]) -> &'static str {
    if names.iter().any(|name| is_thin(name)) {
        "; `endpoints create --thin` creates a destination for thin events"
    } else {
        ""
    }
}

/// An endpoint at Stripe that djstripe created and that the database doesn't have.
pub(super) struct UnknownEndpoint {
    /// Id of the row that it was created for, or that it takes over from, according to its metadata.
    pub(super) row_id: String,
    pub(super) at_stripe: StripeEndpoint,
    /// The database has that row, but not this endpoint at Stripe: an interrupted command left it behind. Otherwise the row is in another database.
    pub(super) is_left_over: bool,
}

/// The endpoints at Stripe, in the modes of the client's keys.
pub(super) async fn listed(client: &Client) -> Result<Vec<(bool, Listed)>, CommandError> {
    let mut listed = Vec::new();
    for livemode in [false, true] {
        if client.has_key(livemode) {
            listed.push((livemode, at_stripe::list(client, Some(livemode)).await?));
        }
    }
    Ok(listed)
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

pub(super) fn unknown_endpoint(
    at_stripe: StripeEndpoint,
    endpoints: &[Endpoint],
) -> Option<UnknownEndpoint> {
    let is_known = endpoints
        .iter()
        .flat_map(|endpoint| [&endpoint.stripe_id, &endpoint.replaced_stripe_id])
        .flatten()
        .any(|id| *id == at_stripe.id);
    if is_known {
        return None;
    }

    // Of the two, the row that it takes over from may be here although its own was never written.
    let keys = [StripeEndpoint::METADATA_KEY, StripeEndpoint::TAKES_OVER_KEY];
    let mut ids = keys.iter().filter_map(|key| at_stripe.metadata.get(*key));
    let is_here = |id: &&String| endpoints.iter().any(|row| row.id.to_string() == **id);
    let here = ids.clone().find(is_here);
    let row_id = here.or_else(|| ids.next())?.clone();
    Some(UnknownEndpoint {
        is_left_over: here.is_some(),
        row_id,
        at_stripe,
    })
}
