//! `endpoints roll`: replaces the signing secret without refusing a genuine delivery at any moment.
//!
//! Stripe's API can't change the secret of an endpoint. So a second endpoint takes its place, with the
//! same address and events and the pinned version. Until `--finish` deletes the first, both deliver, each
//! with its own secret, and an event that arrives twice is stored once. A secret that was rolled in the
//! dashboard is added with `--secret`.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::at_stripe;
use super::make;
use super::parts::Created;
use super::secret_source::SecretSource;
use super::secret_storage::SecretStorage;
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::timestamp::Timestamp;

const ROLL: &str = "endpoints roll";

#[derive(Debug, Args)]
pub(super) struct Roll {
    /// Id of the endpoint
    id: Uuid,
    /// Finish a roll: delete the replaced endpoint at Stripe and let old secrets expire
    #[arg(long)]
    finish: bool,
    /// Keep old secrets valid for this long after `--finish` or after a roll in the dashboard
    #[arg(long, default_value = "24h", value_parser = humantime::parse_duration, value_name = "DURATION")]
    overlap: Duration,
    #[command(flatten)]
    secret: SecretSource,
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, roll: Roll) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, roll.tools.clone(), roll.events).await?;
    let endpoint = tools.endpoint(roll.id).await?;

    let gives_secret = roll.secret.secret.is_some() && roll.secret.write_secret.is_none();
    if roll.finish {
        finish(&tools, &roll, endpoint).await?;
    } else if gives_secret {
        add_secret(&tools, &roll, endpoint).await?;
    } else if let Some(stripe_id) = endpoint.stripe_id.clone() {
        replace(&tools, &roll, endpoint, stripe_id).await?;
    } else {
        let message = "this endpoint was created at Stripe by hand: roll its secret in the dashboard, then \
                       add it here with `--secret`";
        return Err(message.into());
    }
    Ok(ExitStatus::Success)
}

/// The endpoint after a step of the roll, as JSON.
fn to_json(endpoint: &Endpoint, step: &str) -> Value {
    json!({
        "id": endpoint.id.to_string(),
        "step": step,
        "stripe_id": endpoint.stripe_id,
        "replaced_stripe_id": endpoint.replaced_stripe_id,
        "deleted_at_stripe": null,
        "old_secrets_until": null,
    })
}

/// Adds a secret that was rolled in the dashboard.
async fn add_secret(
    tools: &Tools,
    roll: &Roll,
    mut endpoint: Endpoint,
) -> Result<(), CommandError> {
    let until = Timestamp::now() + roll.overlap;
    endpoint.add_secret(roll.secret.read(tools, endpoint.id)?, Some(until));
    tools.update(&endpoint).await?;
    record(
        &tools.store,
        ROLL,
        endpoint.id,
        Some("secret added".to_owned()),
    )
    .await?;

    let id = endpoint.id;
    if roll.output.json {
        let mut json = to_json(&endpoint, "secret_added");
        json["old_secrets_until"] = until.to_string().into();
        print(json)?;
        return Ok(());
    }
    print(format_args!(
        "{id}  new secret added; the old ones are valid until {until}"
    ))?;
    Ok(())
}

/// Creates a second endpoint at Stripe next to `old`.
async fn replace(
    tools: &Tools,
    roll: &Roll,
    mut endpoint: Endpoint,
    old: String,
) -> Result<(), CommandError> {
    let id = endpoint.id;
    if let Some(replaced) = &endpoint.replaced_stripe_id {
        let message =
            format!("{old} is already replacing {replaced}; finish that with `--finish` first");
        return Err(message.into());
    }
    let client = tools.client(&endpoint)?;
    let events = tools.events_of(&endpoint, &all_endpoints(&tools.store).await?);
    if events.is_empty() {
        return Err("no receiver needs an event that can be sent to this endpoint".into());
    }
    if endpoint.kind.is_destination() {
        at_stripe::room_for(client, &endpoint, 1).await?;
    }

    let mut storage = SecretStorage::prepare(tools, &roll.secret, endpoint.validation)?;
    let created = match at_stripe::create(client, &endpoint, &events).await {
        Ok(created) => created,
        Err(error) => {
            storage.discard();
            return Err(error);
        }
    };
    make::adopt(&mut endpoint, &created);
    endpoint.replaced_stripe_id = Some(old.clone());
    if let Err(error) = store(tools, client, &mut storage, &created, &mut endpoint).await {
        storage.discard();
        return Err(make::undo(client, &endpoint, &created, error).await);
    }
    let detail = format!("{} created next to {old}", created.at_stripe.id);
    record(&tools.store, ROLL, id, Some(detail)).await?;

    if roll.output.json {
        print(to_json(&endpoint, "created"))?;
        return Ok(());
    }
    let new = &created.at_stripe.id;
    let state = if endpoint.enabled {
        "both deliver"
    } else {
        "both are disabled"
    };
    print(format_args!("{id}  {new} created next to {old}; {state}"))?;
    print(format_args!(
        "Once every server has the new secret, run: endpoints roll {id} --finish"
    ))?;
    Ok(())
}

async fn store(
    tools: &Tools,
    client: &Client,
    storage: &mut SecretStorage,
    created: &Created,
    endpoint: &mut Endpoint,
) -> Result<(), CommandError> {
    storage.store(created, endpoint)?;
    if !endpoint.enabled {
        at_stripe::set_enabled(client, endpoint, &created.at_stripe.id, false).await?;
    }
    tools.update(endpoint).await
}

async fn finish(tools: &Tools, roll: &Roll, mut endpoint: Endpoint) -> Result<(), CommandError> {
    let id = endpoint.id;
    let replaced = endpoint.replaced_stripe_id.take();
    if let Some(replaced) = &replaced {
        at_stripe::delete(tools.client(&endpoint)?, &endpoint, replaced).await?;
        if !roll.output.json {
            print(format_args!("{id}  {replaced} deleted at Stripe"))?;
        }
    }

    let until = Timestamp::now() + roll.overlap;
    endpoint.limit_old_secrets(until);
    tools.update(&endpoint).await?;
    record(&tools.store, ROLL, id, Some("finished".to_owned())).await?;
    if roll.output.json {
        let mut json = to_json(&endpoint, "finished");
        json["deleted_at_stripe"] = replaced.into();
        json["old_secrets_until"] = until.to_string().into();
        print(json)?;
        return Ok(());
    }
    print(format_args!("{id}  old secrets are valid until {until}"))?;
    Ok(())
}
