//! `endpoints list`: the endpoints of the database.

use clap::Args;
use serde_json::{Value, json};

use super::tools::all_endpoints;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::cli::settings::DatabaseArgs;
use crate::endpoint::{Endpoint, EndpointSecret};
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: List) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&arguments.database.apply(builder)).await?;
    for endpoint in all_endpoints(&store).await? {
        if arguments.output.json {
            print(to_json(&endpoint))?;
        } else {
            print(line(&endpoint))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn line(endpoint: &Endpoint) -> String {
    let mode = endpoint.livemode.map_or("any mode", mode_name);
    let state = if endpoint.enabled { "on" } else { "off" };
    let stripe_id = endpoint.stripe_id.as_deref().unwrap_or("-");
    let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
    let version = endpoint.api_version.as_deref().unwrap_or("-");
    let secrets = secrets(endpoint).join(", ");
    let own_account = endpoint.own_account.as_deref();
    let own_account = own_account.map_or(String::new(), |id| format!("  of {id}"));
    format!(
        "{}  {state:<3}  {:<16}  {mode:<8}  {version:<17}  {}{own_account}  {stripe_id}  {address}  {secrets}",
        endpoint.id, endpoint.validation, endpoint.accounts
    )
}

fn to_json(endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id.to_string(),
        "path": endpoint.path(),
        "url": endpoint.url,
        "stripe_id": endpoint.stripe_id,
        "replaced_stripe_id": endpoint.replaced_stripe_id,
        "enabled": endpoint.enabled,
        "connect": endpoint.connect,
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
