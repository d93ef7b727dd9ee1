//! `endpoints create`: an endpoint's row, and its counterpart at Stripe.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::at_stripe;
use super::list::row_json;
use super::make::{make, unmake};
use super::secret_source::SecretSource;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::app::credentials::check_account_id;
use crate::cli::audit::record;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print, warn, width, wrap};
use crate::endpoint::{Accounts, Endpoint, EndpointKind, OnMismatch, ValidationMethod, abbreviate};
use crate::intake::EndpointError;
use crate::webhook::API_VERSION;
use crate::webhook::mode_name;

const CREATE: &str = "endpoints create";

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Set the server's public address, such as https://shop.example, without a path
    #[arg(long, required_unless_present = "local")]
    url: Option<String>,
    /// Create an event destination for thin events instead of a webhook endpoint
    #[arg(long, group = "destination")]
    thin: bool,
    /// Create an event destination for snapshot events instead of a webhook endpoint
    #[arg(long, group = "destination")]
    snapshot: bool,
    /// Create two event destinations, one for snapshot events and one for thin events
    #[arg(long, group = "destination")]
    both: bool,
    /// Receive events of connected accounts instead of the platform's own
    #[arg(long)]
    connect: bool,
    /// Receive events of the accounts of an organization; with `--connect`, of those connected to them
    ///
    /// Keys of an organization (`sk_org_…`) are not supported: the request is made with the key of an
    /// account.
    #[arg(long, requires = "destination")]
    organization: bool,
    /// Accept events of these accounts: any, or platform, connected and acct_… separated by commas
    ///
    /// The default is any with `--organization`, connected with `--connect`, else platform.
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
    output: OutputArgs,
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
    let mut endpoints = Vec::new();
    for kind in create.kinds()? {
        endpoints.push(create.endpoint(*kind)?);
    }
    if let Some(endpoint) = endpoints.first() {
        check(&tools, endpoint)?;
    }

    match endpoints.pop() {
        Some(endpoint) if create.local => {
            create_local(&tools, &create.secret, create.output, endpoint).await
        }
        last => {
            endpoints.extend(last);
            create_at_stripe(&tools, &create.secret, create.output, endpoints).await
        }
    }
}

impl Create {
    fn kinds(&self) -> Result<&'static [EndpointKind], CommandError> {
        if !self.both {
            return Ok(match (self.thin, self.snapshot) {
                (true, _) => &[EndpointKind::ThinDestination],
                (_, true) => &[EndpointKind::SnapshotDestination],
                (false, false) => &[EndpointKind::WebhookEndpoint],
            });
        }
        if self.local || self.secret.secret.is_some() || self.secret.write_secret.is_some() {
            let message = "`--both` creates two endpoints with a secret each: create them one after the \
                           other, with `--snapshot` and with `--thin`";
            return Err(message.into());
        }
        Ok(&[
            EndpointKind::SnapshotDestination,
            EndpointKind::ThinDestination,
        ])
    }

    fn endpoint(&self, kind: EndpointKind) -> Result<Endpoint, CommandError> {
        let mut endpoint = Endpoint::new();
        endpoint.kind = kind;
        endpoint.organization = self.organization;
        endpoint.url = self
            .url
            .as_deref()
            .map(|base| format!("{}{}", base.trim_end_matches('/'), endpoint.path()));
        endpoint.connect = self.connect;
        endpoint.accounts = match &self.accounts {
            Some(accounts) => accounts.clone(),
            None if self.organization => Accounts::default(),
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
    output: OutputArgs,
    mut endpoint: Endpoint,
) -> Result<ExitStatus, CommandError> {
    let events = tools.events_of(&endpoint, &[]);
    let verifies = endpoint.validation == ValidationMethod::VerifySignature;
    if verifies || secret.secret.is_some() {
        endpoint.add_secret(secret.read(tools, endpoint.id)?, None);
    }
    tools.store.insert_endpoint(&endpoint).await?;
    record(
        &tools.store,
        CREATE,
        endpoint.id,
        Some("here only".to_owned()),
    )
    .await?;

    if output.json {
        let mut json = row_json(&endpoint);
        json["events_to_name"] = events.into();
        print(json)?;
        return Ok(ExitStatus::Success);
    }
    let address = endpoint.url.clone().unwrap_or_else(|| endpoint.path());
    print(format_args!("{}  {address}", endpoint.id))?;
    if events.is_empty() {
        print(
            "No receiver needs an event that can be sent to it; once one does, name it at Stripe",
        )?;
        return Ok(ExitStatus::Success);
    }
    let count = events.len();
    match endpoint.kind {
        EndpointKind::ThinDestination => print(format_args!(
            "At Stripe, create a destination for thin events with these {count} events:"
        ))?,
        EndpointKind::WebhookEndpoint | EndpointKind::SnapshotDestination => print(format_args!(
            "At Stripe, create an endpoint of version {API_VERSION} with these {count} events:"
        ))?,
    }
    for line in wrap(&events, "  ", width()) {
        print(line)?;
    }
    Ok(ExitStatus::Success)
}

async fn create_at_stripe(
    tools: &Tools,
    secret: &SecretSource,
    output: OutputArgs,
    endpoints: Vec<Endpoint>,
) -> Result<ExitStatus, CommandError> {
    let mut room = None;
    if let Some(first) = endpoints.first().filter(|it| it.kind.is_destination()) {
        let client = tools.client(first)?;
        room = Some(at_stripe::room_for(client, first, endpoints.len()).await?);
    }

    let mut made = Vec::new();
    for endpoint in endpoints {
        let made_one = match events_of(tools, &endpoint) {
            Ok(events) => make(tools, secret, endpoint, &events).await,
            Err(error) => Err(error),
        };
        match made_one {
            Ok(endpoint) => made.push(endpoint),
            Err(error) => {
                unmake(tools, &made).await;
                return Err(error);
            }
        }
    }

    for endpoint in &made {
        record(
            &tools.store,
            CREATE,
            endpoint.id,
            endpoint.stripe_id.clone(),
        )
        .await?;
    }
    let sent = made.iter().flat_map(|it| &it.events).map(String::as_str);
    let missing = missing(tools, &made, &sent.collect());
    let left = room.map(|room| room - made.len());
    if output.json {
        for endpoint in &made {
            let mut json = row_json(endpoint);
            json["events_not_sent"] = missing.clone().into();
            json["destinations_left"] = left.into();
            print(json)?;
        }
        return Ok(ExitStatus::Success);
    }

    for endpoint in &made {
        print(line(endpoint))?;
    }
    if let [endpoint] = &*made
        && !missing.is_empty()
    {
        let missing = abbreviate(&missing);
        if endpoint.kind.is_thin() {
            print(format_args!(
                "A thin destination can't send {missing}: these need a snapshot endpoint too"
            ))?;
        } else {
            print(format_args!(
                "{missing} can be received as thin events only: these need `endpoints create --thin` too"
            ))?;
        }
    }
    if let Some(left) = left {
        print(format_args!(
            "{left} of {} event destinations are left",
            at_stripe::LIMIT
        ))?;
    }
    Ok(ExitStatus::Success)
}

fn events_of(tools: &Tools, endpoint: &Endpoint) -> Result<Vec<String>, CommandError> {
    let events = tools.events_of(endpoint, &[]);
    if !events.is_empty() {
        return Ok(events);
    }
    Err(match endpoint.kind {
        EndpointKind::WebhookEndpoint => {
            "no receiver listens to any event, so Stripe has nothing to deliver".into()
        }
        EndpointKind::SnapshotDestination => {
            "no receiver listens to an event that Stripe sends as a snapshot event".into()
        }
        EndpointKind::ThinDestination => {
            "no receiver listens to an event that Stripe sends as a thin event".into()
        }
    })
}

fn line(endpoint: &Endpoint) -> String {
    let or_empty = |field: &Option<String>| field.clone().unwrap_or_default();
    let line = format!(
        "{}  {}  {}  {}",
        endpoint.id,
        or_empty(&endpoint.stripe_id),
        endpoint.livemode.map_or("any mode", mode_name),
        or_empty(&endpoint.url)
    );
    match endpoint.kind {
        EndpointKind::WebhookEndpoint => line,
        EndpointKind::SnapshotDestination => line + "  snapshot events",
        EndpointKind::ThinDestination => line + "  thin events",
    }
}

/// The events that receivers need and that what was created can't send.
fn missing(tools: &Tools, made: &[Endpoint], sent: &BTreeSet<&str>) -> Vec<String> {
    match made {
        [endpoint] if endpoint.kind.is_thin() => tools.needed.missing(sent),
        [_] => tools.own.missing(sent),
        _ => Vec::new(),
    }
}
