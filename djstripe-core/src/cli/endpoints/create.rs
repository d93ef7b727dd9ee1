//! `endpoints create`: an endpoint's row, and its counterpart at Stripe.

use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::at_stripe::{self, Created};
use super::secret_source::SecretSource;
use super::secret_storage::SecretStorage;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::app::credentials::check_account_id;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{print, warn};
use crate::client::Client;
use crate::endpoint::{Accounts, Endpoint, OnMismatch, ValidationMethod};
use crate::error::describe;
use crate::intake::EndpointError;
use crate::webhook::API_VERSION;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Set the server's public address, such as https://shop.example, without a path
    #[arg(long, required_unless_present = "local")]
    url: Option<String>,
    /// Receive events of connected accounts instead of the platform's own
    #[arg(long)]
    connect: bool,
    /// Accept events of these accounts: any, or platform, connected and acct_… separated by commas
    ///
    /// The default is connected with `--connect`, else platform.
    #[arg(long)]
    accounts: Option<Accounts>,
    /// Set what happens to events of another mode or account
    #[arg(
        long,
        default_value = OnMismatch::default().as_str(),
        value_parser = words::<OnMismatch>(OnMismatch::VALUES),
        value_name = "ACTION"
    )]
    on_mismatch: OnMismatch,
    /// Set how deliveries are validated; `none` is for development only
    #[arg(
        long,
        default_value = ValidationMethod::default().as_str(),
        value_parser = words::<ValidationMethod>(ValidationMethod::VALUES),
        value_name = "METHOD"
    )]
    validation: ValidationMethod,
    /// Set how far a signature's time may differ from this machine's
    #[arg(long, default_value = "300s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    tolerance: Duration,
    /// Set which of several Stripe accounts of your own the endpoint belongs to
    #[arg(long, value_name = "ACCOUNT")]
    own_account: Option<String>,
    /// Set the mode of the endpoint's events, where there are keys of both modes
    #[arg(long)]
    livemode: Option<bool>,
    /// Create the row only: you create the endpoint at Stripe in the dashboard
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    secret: SecretSource,
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

fn words<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

pub(super) async fn run(builder: Builder, create: Create) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, create.tools.clone(), create.events).await?;
    let endpoint = create.endpoint()?;
    check(&tools, &endpoint)?;

    if create.local {
        create_local(&tools, &create.secret, endpoint).await
    } else {
        create_at_stripe(&tools, &create.secret, endpoint).await
    }
}

impl Create {
    fn endpoint(&self) -> Result<Endpoint, CommandError> {
        let mut endpoint = Endpoint::new();
        endpoint.url = self
            .url
            .as_deref()
            .map(|base| format!("{}{}", base.trim_end_matches('/'), endpoint.path()));
        endpoint.connect = self.connect;
        endpoint.accounts = match &self.accounts {
            Some(accounts) => accounts.clone(),
            None if self.connect => "connected".parse()?,
            None => "platform".parse()?,
        };
        endpoint.on_mismatch = self.on_mismatch;
        endpoint.validation = self.validation;
        endpoint.tolerance = self.tolerance;
        endpoint.livemode = self.livemode;
        endpoint.own_account.clone_from(&self.own_account);
        if let Some(account) = &self.own_account {
            check_account_id(account)?;
        }
        Ok(endpoint)
    }
}

/// Refuses an endpoint that could never accept a delivery; warns of one that accepts forged events.
fn check(tools: &Tools, endpoint: &Endpoint) -> Result<(), CommandError> {
    match endpoint.validation {
        ValidationMethod::RetrieveEvent if tools.client_of(endpoint).is_none() => {
            Err(EndpointError::NoKey { id: endpoint.id }.into())
        }
        ValidationMethod::None => {
            warn(
                "this endpoint checks nothing: anyone who knows its address can forge events; for development only",
            );
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn create_local(
    tools: &Tools,
    secret: &SecretSource,
    mut endpoint: Endpoint,
) -> Result<ExitStatus, CommandError> {
    let verifies = endpoint.validation == ValidationMethod::VerifySignature;
    if verifies || secret.secret.is_some() {
        endpoint.add_secret(secret.read(tools, endpoint.id)?, None);
    }
    tools.store.insert_endpoint(&endpoint).await?;

    let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
    print(format_args!("{}  {address}", endpoint.id))?;
    print(format_args!(
        "At Stripe, create an endpoint of version {} with these events: {}",
        API_VERSION,
        tools.needed.join(" ")
    ))?;
    Ok(ExitStatus::Success)
}

async fn create_at_stripe(
    tools: &Tools,
    secret: &SecretSource,
    mut endpoint: Endpoint,
) -> Result<ExitStatus, CommandError> {
    let client = tools.client(&endpoint)?;
    if tools.needed.is_empty() {
        return Err("no receiver listens to any event, so Stripe has nothing to deliver".into());
    }

    let mut storage = SecretStorage::prepare(tools, secret, endpoint.validation)?;
    let created = match at_stripe::create(client, &endpoint, &tools.needed).await {
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

    let at_stripe = &created.at_stripe;
    print(format_args!(
        "{}  {}  {}  {}",
        endpoint.id,
        at_stripe.id,
        mode_name(at_stripe.livemode),
        at_stripe.url
    ))?;
    Ok(ExitStatus::Success)
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

/// Deletes an endpoint at Stripe that could not be stored here, so that Stripe delivers nothing that
/// can't be verified. Returns the cause.
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
