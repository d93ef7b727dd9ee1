//! Making an endpoint: first at Stripe, which shows the secret once, then its row.
//!
//! Invariant: an endpoint that could not be stored here is deleted at Stripe again, so that Stripe
//! delivers nothing that can't be verified.

use super::at_stripe;
use super::parts::Created;
use super::secret_source::SecretSource;
use super::secret_storage::SecretStorage;
use super::tools::Tools;
use crate::cli::exit::CommandError;
use crate::cli::output::warn;
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::describe;

/// Makes an endpoint for these events and returns it as stored.
pub(super) async fn make(
    tools: &Tools,
    secret: &SecretSource,
    mut endpoint: Endpoint,
    events: &[String],
) -> Result<Endpoint, CommandError> {
    let client = tools.client(&endpoint)?;
    let mut storage = SecretStorage::prepare(tools, secret, endpoint.validation)?;
    let created = match at_stripe::create(client, &endpoint, events).await {
        Ok(created) => created,
        Err(error) => {
            storage.discard();
            return Err(error);
        }
    };

    adopt(&mut endpoint, &created);
    if let Err(error) = store(tools, &mut storage, &created, &mut endpoint).await {
        storage.discard();
        return Err(undo(client, &endpoint, &created, error).await);
    }
    Ok(endpoint)
}

async fn store(
    tools: &Tools,
    storage: &mut SecretStorage,
    created: &Created,
    endpoint: &mut Endpoint,
) -> Result<(), CommandError> {
    storage.store(created, endpoint)?;
    Ok(tools.store.insert_endpoint(endpoint).await?)
}

/// Copies what Stripe decided about the endpoint.
pub(super) fn adopt(endpoint: &mut Endpoint, created: &Created) {
    let at_stripe = &created.at_stripe;
    endpoint.stripe_id = Some(at_stripe.id.clone());
    endpoint.events.clone_from(&at_stripe.enabled_events);
    endpoint.api_version.clone_from(&at_stripe.api_version);
    endpoint.livemode = Some(at_stripe.livemode);
}

/// Deletes an endpoint at Stripe that could not be stored here. Returns the cause.
pub(super) async fn undo(
    client: &Client,
    endpoint: &Endpoint,
    created: &Created,
    cause: CommandError,
) -> CommandError {
    let stripe_id = &created.at_stripe.id;
    if let Err(error) = at_stripe::delete(client, endpoint, stripe_id).await {
        let error = describe(&error);
        warn(format_args!(
            "failed to delete {stripe_id} at Stripe again, delete it in the dashboard: {error}"
        ));
    }
    cause
}

/// Removes endpoints that were made just now, at Stripe and here.
pub(super) async fn unmake(tools: &Tools, made: &[Endpoint]) {
    for endpoint in made {
        if let Err(error) = remove(tools, endpoint).await {
            let (id, error) = (endpoint.id, describe(error.as_ref()));
            warn(format_args!(
                "failed to remove {id} again, run `endpoints delete {id}`: {error}"
            ));
        }
    }
}

/// Deletes an endpoint, at Stripe first: Stripe would keep delivering to one that is deleted only
/// here. Returns the ids at Stripe.
pub(super) async fn remove<'e>(
    tools: &Tools,
    endpoint: &'e Endpoint,
) -> Result<Vec<&'e String>, CommandError> {
    let stripe_ids = [&endpoint.stripe_id, &endpoint.replaced_stripe_id];
    let stripe_ids: Vec<&String> = stripe_ids.into_iter().flatten().collect();
    for stripe_id in &stripe_ids {
        at_stripe::delete(tools.client(endpoint)?, endpoint, stripe_id).await?;
    }
    tools.store.delete_endpoint(endpoint.id).await?;
    Ok(stripe_ids)
}
