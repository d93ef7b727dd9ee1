//! `endpoints list`: the endpoints of the database.

use clap::Args;
use serde_json::{Value, json};

use super::at_stripe;
use super::problems::closed;
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::endpoint::{EncryptionKey, Endpoint, EndpointKind, EndpointSecret, SecretStorageError};
use crate::error::describe;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct List {
    /// Retrieve each endpoint from Stripe and show whether it is enabled there, and why not
    #[arg(long)]
    at_stripe: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: List) -> Result<ExitStatus, CommandError> {
    let keys = builder.open_keys();
    let (store, tools) = if arguments.at_stripe {
        let tools = Tools::open(builder, arguments.tools, EventArgs::default()).await?;
        (tools.store.clone(), Some(tools))
    } else {
        let builder = arguments.tools.database.apply(builder);
        (open_migrated(&builder).await?, None)
    };

    let mut has_failed = false;
    for endpoint in all_endpoints(&store).await? {
        let closed = why_closed(&keys, &endpoint);
        let at_stripe = match &tools {
            Some(tools) => {
                let fetched = fetch(tools, &endpoint).await;
                has_failed |= fetched.is_err();
                Some(fetched.unwrap_or_else(|error| AtStripe::Failed(describe(error.as_ref()))))
            }
            None => None,
        };
        if arguments.output.json {
            print(to_json(&endpoint, at_stripe.as_ref(), closed.as_deref()))?;
        } else {
            let status = at_stripe.map_or_else(String::new, |it| format!("  {}", it.describe()));
            let closed = closed.map_or_else(String::new, |why| format!("  CLOSED: {why}"));
            print(line(&endpoint) + &status + &closed)?;
        }
    }
    Ok(ExitStatus::problems_found(has_failed))
}

/// Why a server with the settings of this command could not take the endpoint's deliveries.
fn why_closed(
    keys: &Result<Vec<EncryptionKey>, SecretStorageError>,
    endpoint: &Endpoint,
) -> Option<String> {
    match keys {
        Ok(keys) => closed(keys, endpoint).map(|error| describe(&error)),
        Err(error) => {
            let is_sealed = endpoint.secrets.iter().any(|it| it.secret.is_sealed());
            is_sealed.then(|| describe(error))
        }
    }
}

/// What Stripe says of an endpoint.
enum AtStripe {
    Unknown,
    Gone,
    /// Why it could not be retrieved.
    Failed(String),
    Found {
        status: String,
        reason: Option<String>,
    },
}

async fn fetch(tools: &Tools, endpoint: &Endpoint) -> Result<AtStripe, CommandError> {
    let Some(stripe_id) = &endpoint.stripe_id else {
        return Ok(AtStripe::Unknown);
    };
    let found = at_stripe::fetch(tools.client(endpoint)?, endpoint, stripe_id).await?;
    Ok(found.map_or(AtStripe::Gone, |found| AtStripe::Found {
        status: found.status,
        reason: found.reason,
    }))
}

impl AtStripe {
    fn describe(&self) -> String {
        match self {
            Self::Unknown => "created at Stripe by hand".to_owned(),
            Self::Gone => "gone at Stripe".to_owned(),
            Self::Failed(error) => format!("not retrieved from Stripe: {error}"),
            Self::Found {
                status,
                reason: Some(reason),
            } => format!("{status} at Stripe, reason: {reason}"),
            Self::Found {
                status,
                reason: None,
            } => format!("{status} at Stripe"),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Gone => json!({ "status": "gone", "reason": null }),
            Self::Failed(error) => json!({ "status": "unknown", "reason": error }),
            Self::Found { status, reason } => json!({ "status": status, "reason": reason }),
        }
    }
}

fn line(endpoint: &Endpoint) -> String {
    let mode = endpoint.livemode.map_or("any mode", mode_name);
    let state = if endpoint.enabled { "on" } else { "off" };
    let stripe_id = endpoint.stripe_id.as_deref().unwrap_or("-");
    let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
    let version = endpoint.api_version.as_deref().unwrap_or("-");
    let secrets = secrets(endpoint).join(", ");
    let kind = match endpoint.kind {
        EndpointKind::WebhookEndpoint => "webhook ",
        EndpointKind::SnapshotDestination => "snapshot",
        EndpointKind::ThinDestination => "thin    ",
    };
    let own_account = endpoint.own_account.as_deref();
    let own_account = own_account.map_or(String::new(), |id| format!("  of {id}"));
    format!(
        "{}  {kind}  {state:<3}  {:<16}  {mode:<8}  {version:<17}  {}{own_account}  {stripe_id}  {address}  {secrets}",
        endpoint.id, endpoint.validation, endpoint.accounts
    )
}

fn to_json(endpoint: &Endpoint, at_stripe: Option<&AtStripe>, closed: Option<&str>) -> Value {
    let mut json = row_json(endpoint);
    json["closed"] = closed.into();
    if let Some(at_stripe) = at_stripe {
        json["at_stripe"] = at_stripe.to_json();
    }
    json
}

/// The endpoint as it is in the database.
pub(super) fn row_json(endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id.to_string(),
        "path": endpoint.path(),
        "url": endpoint.url,
        "kind": endpoint.kind.as_str(),
        "stripe_id": endpoint.stripe_id,
        "replaced_stripe_id": endpoint.replaced_stripe_id,
        "enabled": endpoint.enabled,
        "connect": endpoint.connect,
        "organization": endpoint.organization,
        "events_from": endpoint.events_from(),
        "takes_over": endpoint.take_over.as_ref().map(|from| from.endpoint.to_string()),
        "events": endpoint.events,
        "api_version": endpoint.api_version,
        "own_account": endpoint.own_account,
        "livemode": endpoint.livemode,
        "accounts": endpoint.accounts.to_string(),
        "on_mismatch": endpoint.on_mismatch.as_str(),
        "validation": endpoint.validation.as_str(),
        "tolerance_seconds": endpoint.tolerance.as_secs(),
        "secrets": secrets(endpoint),
        "created_at": endpoint.created_at.to_string(),
    })
}

fn secrets(endpoint: &Endpoint) -> Vec<String> {
    endpoint.secrets.iter().map(secret).collect()
}

/// Where a secret is stored and how long it is valid. `Debug` doesn't print the secret itself.
fn secret(secret: &EndpointSecret) -> String {
    match secret.expires_at {
        Some(end) => format!("{:?} until {end}", secret.secret),
        None => format!("{:?}", secret.secret),
    }
}
