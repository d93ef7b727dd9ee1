//! `endpoints`: webhook endpoints with a path of their own, here and at Stripe.

mod at_stripe;
mod create;
mod doctor;
mod roll;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::list::{open_current, print};
use super::{CommandError, Output, warn};
use crate::app::Builder;
use crate::client::Client;
use crate::endpoint::{
    Accounts, AtStripe, EncryptionKey, Endpoint, EndpointSecret, OnMismatch, SecretStorageError,
    StoredSecret, ValidationMethod,
};
use crate::receiver::needed_events;
use crate::store::Store;
use crate::webhook::mode_name;

/// Endpoints that a command goes through at most.
const MOST: u32 = 10_000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an endpoint, here and at Stripe, with the events that the receivers need
    Create(Create),
    /// List the endpoints, newest first
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Make Stripe send each endpoint the events that the receivers need now
    Sync {
        /// Only these
        ids: Vec<Uuid>,
        /// Show what differs, change nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        needs: Needs,
    },
    /// Give an endpoint another secret; until `--finish` both are valid
    Roll(Roll),
    /// Close an endpoint: delete it at Stripe and here
    Delete {
        /// The endpoint
        id: Uuid,
    },
    /// Look for what is wrong with the endpoints, here and at Stripe; ends with 1 if anything is
    Doctor {
        #[command(flatten)]
        needs: Needs,
    },
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Needs {
    /// Leave out the events that only the built-in mirror needs
    #[arg(long)]
    without_mirror: bool,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Public address of the server, https://shop.example; the endpoint's path is added to it
    #[arg(long, required_unless_present = "local")]
    url: Option<String>,
    /// For events of connected accounts instead of the platform's own
    #[arg(long)]
    connect: bool,
    /// Whose events it is for: any, or a list of platform, connected and acct_… [default: connected with --connect,
    /// else platform]
    #[arg(long)]
    accounts: Option<Accounts>,
    /// What becomes of events of another mode or account
    #[arg(long, default_value = OnMismatch::default().as_str(), value_parser = words::<OnMismatch>(OnMismatch::WORDS))]
    on_mismatch: OnMismatch,
    /// How deliveries are checked; `none` is for development only
    #[arg(
        long,
        default_value = ValidationMethod::default().as_str(),
        value_parser = words::<ValidationMethod>(ValidationMethod::WORDS)
    )]
    validation: ValidationMethod,
    /// How far a signature's time may lie from ours
    #[arg(long, default_value = "300s", value_parser = humantime::parse_duration, value_name = "TIME")]
    tolerance: Duration,
    /// Mode of its events, where there are keys of both
    #[arg(long)]
    livemode: Option<bool>,
    /// Only here: you make it at Stripe yourself, in the dashboard
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    secret: SecretPlace,
    #[command(flatten)]
    needs: Needs,
}

#[derive(Debug, Args)]
pub(super) struct Roll {
    /// The endpoint
    id: Uuid,
    /// End what a roll began: delete the replaced endpoint at Stripe, and let old secrets run out
    #[arg(long)]
    finish: bool,
    /// How long old secrets stay valid after --finish, or after a secret that was rolled in the dashboard
    #[arg(long, default_value = "24h", value_parser = humantime::parse_duration, value_name = "TIME")]
    overlap: Duration,
    #[command(flatten)]
    secret: SecretPlace,
    #[command(flatten)]
    needs: Needs,
}

/// Where a secret comes from and goes to.
#[derive(Debug, Args)]
pub(super) struct SecretPlace {
    /// env:NAME to keep only the name of a variable; - to read the secret from standard input and encrypt it. Without
    /// it the secret that Stripe makes is encrypted with DJSTRIPE_ENCRYPTION_KEY
    #[arg(long, value_name = "PLACE", hide_possible_values = true)]
    secret: Option<String>,
    /// With env:NAME, where to write NAME=whsec_… once: a new file that only you can read
    #[arg(long, value_name = "FILE")]
    write_secret: Option<PathBuf>,
}

/// What every command works with.
struct Tools {
    store: Store,
    client: Option<Client>,
    key: Option<EncryptionKey>,
    needed: Vec<String>,
}

pub(super) async fn run(builder: &Builder, command: Command) -> Result<(), CommandError> {
    match command {
        Command::Create(create) => {
            create::run(&Tools::open(builder, create.needs).await?, create).await
        }
        Command::List { output } => list(&open_current(builder).await?, output).await,
        Command::Sync {
            ids,
            dry_run,
            needs,
        } => doctor::sync(&Tools::open(builder, needs).await?, &ids, dry_run).await,
        Command::Roll(roll) => roll::run(&Tools::open(builder, roll.needs).await?, roll).await,
        Command::Delete { id } => {
            let nothing = Needs {
                without_mirror: true,
            };
            delete(&Tools::open(builder, nothing).await?, id).await
        }
        Command::Doctor { needs } => doctor::run(&Tools::open(builder, needs).await?).await,
    }
}

impl Tools {
    async fn open(builder: &Builder, needs: Needs) -> Result<Self, CommandError> {
        let needed = needed_events(&builder.registry()?, !needs.without_mirror);
        let (client, key) = (builder.client()?, builder.open_key()?);
        Ok(Self {
            store: open_current(builder).await?,
            client,
            key,
            needed,
        })
    }

    fn client(&self) -> Result<&Client, CommandError> {
        self.client
            .as_ref()
            .ok_or_else(|| "this needs a secret key of Stripe's API: set STRIPE_SECRET_KEY".into())
    }

    fn key(&self) -> Result<&EncryptionKey, SecretStorageError> {
        self.key.as_ref().ok_or(SecretStorageError::NoKey)
    }

    async fn endpoint(&self, id: Uuid) -> Result<Endpoint, CommandError> {
        self.store
            .endpoint(id)
            .await?
            .ok_or_else(|| format!("there is no endpoint {id}").into())
    }

    /// Writes an endpoint that was read before.
    async fn update(&self, endpoint: &Endpoint) -> Result<(), CommandError> {
        match self.store.update_endpoint(endpoint).await? {
            true => Ok(()),
            false => Err(format!(
                "somebody else changed endpoint {} meanwhile; try again",
                endpoint.id
            )
            .into()),
        }
    }
}

/// What `endpoints doctor` finds with each endpoint that has a row.
pub(super) async fn inspect(
    store: &Store,
    client: Option<&Client>,
    key: Option<&EncryptionKey>,
    needed: Vec<String>,
) -> Result<Vec<(Endpoint, Vec<String>)>, CommandError> {
    let tools = Tools {
        store: store.clone(),
        client: client.cloned(),
        key: key.cloned(),
        needed,
    };
    let mut inspected = Vec::new();
    for endpoint in store.endpoints(MOST).await? {
        let faults = doctor::faults_of(&tools, &endpoint).await;
        inspected.push((endpoint, faults));
    }
    Ok(inspected)
}

/// Those of Stripe's endpoints that a command of ours left behind when it was cut off.
pub(super) fn left_over(all: Vec<AtStripe>, here: &[Endpoint]) -> Vec<AtStripe> {
    let strangers = doctor::strangers_among(all, here).into_iter();
    strangers
        .filter(|stranger| stranger.is_left_over)
        .map(|stranger| stranger.at_stripe)
        .collect()
}

/// The endpoints that Stripe has in one mode.
pub(super) async fn at_stripe(
    client: &Client,
    livemode: bool,
) -> Result<Vec<AtStripe>, CommandError> {
    at_stripe::list(client, livemode).await
}

async fn list(store: &Store, output: Output) -> Result<(), CommandError> {
    for endpoint in store.endpoints(MOST).await? {
        let secrets: Vec<String> = endpoint.secrets.iter().map(shown).collect();
        if output.json {
            print(format_args!(
                "{}",
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
                    "livemode": endpoint.livemode,
                    "accounts": endpoint.accounts.to_string(),
                    "on_mismatch": endpoint.on_mismatch.as_str(),
                    "validation": endpoint.validation.as_str(),
                    "tolerance_seconds": endpoint.tolerance.as_secs(),
                    "secrets": secrets,
                    "created_at": endpoint.created_at.to_string(),
                })
            ))?;
        } else {
            let mode = endpoint.livemode.map_or("any mode", mode_name);
            let state = if endpoint.enabled { "on" } else { "off" };
            let stripe_id = endpoint.stripe_id.as_deref().unwrap_or("-");
            let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
            print(format_args!(
                "{}  {state:<3}  {:<16}  {mode:<8}  {}  {stripe_id}  {address}  {}",
                endpoint.id,
                endpoint.validation,
                endpoint.accounts,
                secrets.join(", ")
            ))?;
        }
    }
    Ok(())
}

async fn delete(tools: &Tools, id: Uuid) -> Result<(), CommandError> {
    let endpoint = tools.endpoint(id).await?;
    // First there: what is only deleted here would be delivered to on and on.
    for stripe_id in [&endpoint.stripe_id, &endpoint.replaced_stripe_id]
        .into_iter()
        .flatten()
    {
        at_stripe::delete(tools.client()?, &endpoint, stripe_id).await?;
        print(format_args!("{id}  {stripe_id} deleted at Stripe"))?;
    }
    tools.store.delete_endpoint(id).await?;
    Ok(print(format_args!("{id}  deleted"))?)
}

/// Where a secret is kept, and how long it counts.
fn shown(kept: &EndpointSecret) -> String {
    match kept.expires_at {
        Some(end) => format!("{:?} until {end}", kept.secret),
        None => format!("{:?}", kept.secret),
    }
}

fn words<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|text| text.parse::<T>())
}

impl SecretPlace {
    /// The reference that was given; `None` for a secret that is to be encrypted.
    fn reference(&self) -> Result<Option<StoredSecret>, SecretStorageError> {
        match self.secret.as_deref() {
            None | Some("-") => Ok(None),
            Some(text) => text.parse().map(Some),
        }
    }

    /// A secret that the operator has: a reference, or what standard input holds, encrypted.
    fn given(&self, tools: &Tools, endpoint: Uuid) -> Result<StoredSecret, CommandError> {
        if let Some(reference) = self.reference()? {
            return Ok(reference);
        }
        if self.secret.is_none() {
            return Err("say where the endpoint's secret is: `--secret env:NAME`, or `--secret -` to read it from \
                        standard input and have it encrypted"
                .into());
        }
        let key = tools.key()?;
        Ok(StoredSecret::seal(
            &std::io::read_to_string(std::io::stdin())?,
            endpoint,
            key,
        )?)
    }
}
