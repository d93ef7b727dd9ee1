//! `endpoints create`: a row, and its counterpart at Stripe.

use super::at_stripe::{self, Created, Keeping};
use super::{Create, Tools, warn};
use crate::cli::CommandError;
use crate::cli::list::print;
use crate::client::Client;
use crate::endpoint::{Endpoint, ValidationMethod};
use crate::error::describe;
use crate::intake::EndpointError;
use crate::webhook::mode_name;

pub(super) async fn run(tools: &Tools, create: Create) -> Result<(), CommandError> {
    let mut endpoint = Endpoint::new();
    endpoint.url = create
        .url
        .as_deref()
        .map(|base| format!("{}{}", base.trim_end_matches('/'), endpoint.path()));
    endpoint.connect = create.connect;
    let accounts = if create.connect {
        "connected"
    } else {
        "platform"
    };
    endpoint.accounts = create
        .accounts
        .clone()
        .map_or_else(|| accounts.parse(), Ok)?;
    endpoint.on_mismatch = create.on_mismatch;
    endpoint.validation = create.validation;
    endpoint.tolerance = create.tolerance;
    endpoint.livemode = create.livemode;
    check(tools, &endpoint)?;
    if create.local {
        if endpoint.validation == ValidationMethod::VerifySignature
            || create.secret.secret.is_some()
        {
            endpoint.add_secret(create.secret.given(tools, endpoint.id)?, None);
        }
        tools.store.insert_endpoint(&endpoint).await?;
        let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
        print(format_args!("{}  {address}", endpoint.id))?;
        print(format_args!(
            "At Stripe let it deliver, in version {}: {}",
            crate::webhook::API_VERSION,
            tools.needed.join(" ")
        ))?;
        return Ok(());
    }
    let client = tools.client()?;
    if tools.needed.is_empty() {
        return Err(
            "no receiver listens to anything, so there is nothing that Stripe could deliver".into(),
        );
    }
    let mut keeping = Keeping::prepare(tools, &create.secret, endpoint.validation)?;
    let created = match at_stripe::create(client, &endpoint, &tools.needed).await {
        Ok(created) => created,
        Err(error) => {
            keeping.discard();
            return Err(error);
        }
    };
    adopt(&mut endpoint, &created);
    if let Err(error) = keep(tools, &mut keeping, &created, &mut endpoint).await {
        keeping.discard();
        return Err(undo(client, &endpoint, &created, error).await);
    }
    let stripe_id = &created.at_stripe.id;
    let mode = mode_name(created.at_stripe.livemode);
    print(format_args!(
        "{}  {stripe_id}  {mode}  {}",
        endpoint.id, created.at_stripe.url
    ))?;
    Ok(())
}

/// Refuses what could never take a delivery, and says loudly what takes anybody's.
fn check(tools: &Tools, endpoint: &Endpoint) -> Result<(), CommandError> {
    match endpoint.validation {
        ValidationMethod::RetrieveEvent if tools.client.is_none() => {
            Err(EndpointError::NoKey { id: endpoint.id }.into())
        }
        ValidationMethod::None => {
            warn(
                "this endpoint checks nothing: whoever knows its address can forge events; for development only",
            );
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What Stripe says of the endpoint.
pub(super) fn adopt(endpoint: &mut Endpoint, created: &Created) {
    endpoint.stripe_id = Some(created.at_stripe.id.clone());
    endpoint
        .events
        .clone_from(&created.at_stripe.enabled_events);
    endpoint
        .api_version
        .clone_from(&created.at_stripe.api_version);
    endpoint.livemode = Some(created.at_stripe.livemode);
}

async fn keep(
    tools: &Tools,
    keeping: &mut Keeping,
    created: &Created,
    endpoint: &mut Endpoint,
) -> Result<(), CommandError> {
    keeping.keep(created, endpoint)?;
    Ok(tools.store.insert_endpoint(endpoint).await?)
}

/// Deletes at Stripe what could not be kept here, so that nothing is delivered that nobody can verify.
pub(super) async fn undo(
    client: &Client,
    endpoint: &Endpoint,
    created: &Created,
    cause: CommandError,
) -> CommandError {
    let stripe_id = &created.at_stripe.id;
    if let Err(error) = at_stripe::delete(client, endpoint, stripe_id).await {
        let reason = describe(&error);
        warn(&format!(
            "{stripe_id} could not be deleted at Stripe again, do it in the dashboard: {reason}"
        ));
    }
    cause
}
