//! `listen`: posts the events of Stripe's list to a server on this machine, signed again, until
//! interrupted. For development without a public address.
//!
//! In: Stripe's list of events, polled. Out: a signed request per event, oldest first; an event that
//! appears late in the list is posted late. Nothing is stored.

mod position;
mod forwarder;

use std::time::Duration;

use clap::Args;
use reqwest::Url;

use super::exit::{CommandError, ExitStatus, UsageError};
use super::output::{OutputArgs, print, warn};
use super::settings::{SigningArgs, StripeArgs};
use crate::app::{Builder, Interrupt};
use crate::client::{Client, ClientError, Request};
use crate::error::describe;
use crate::webhook::mode_name;
use forwarder::Forwarder;
use position::Position;

/// How many event names Stripe accepts in one request.
const MAX_NAMES: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Listen {
    /// Set the address to post events to
    #[arg(
        long,
        default_value = "http://127.0.0.1:4242/stripe/webhook",
        value_name = "URL"
    )]
    forward_to: Url,
    /// Post events of these names only, separated by commas: invoice.paid,customer.* [default: all]
    #[arg(long, value_delimiter = ',', value_name = "EVENTS")]
    events: Vec<String>,
    /// Poll Stripe at this interval
    #[arg(long, value_parser = humantime::parse_duration, default_value = "2s", value_name = "INTERVAL")]
    interval: Duration,
    /// Post events of this connected account instead of the platform's own
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Of several Stripe accounts of your own, post the events of this one
    #[arg(long, value_name = "ACCOUNT")]
    own_account: Option<String>,
    /// Post events of live mode instead of test mode
    #[arg(long)]
    live: bool,
    /// Allow an address that is not on this machine
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, listen: Listen) -> Result<ExitStatus, CommandError> {
    let builder = listen.signing.clone().apply(builder);
    let builder = listen.stripe.clone().apply(builder);
    let secret = builder
        .first_secret(listen.own_account.as_deref())
        .ok_or_else(no_secret)?;
    listen.check()?;

    let client = listen.client(&builder)?;
    let mut position = Position::newest(&client).await?;
    let account = listen.account.as_deref();
    let account = account.unwrap_or(client.own_account());
    let url = listen.forward_to.as_str();
    let mut forwarder = Forwarder::new(url, secret, listen.output)?;
    let interrupt = Interrupt::install()?;
    if !listen.output.json {
        let mode = mode_name(listen.live);
        print(format_args!(
            "forwarding events of {mode} mode from now on to {url}; press Ctrl-C to stop"
        ))?;
    }

    let forwarding = async {
        loop {
            match position.next_events(&client, listen.list()?, account).await {
                Ok(events) => {
                    for event in events {
                        forwarder.forward(&event).await?;
                    }
                }
                Err(error) if error.is_transient() => {
                    let (error, interval) = (describe(&error), listen.interval);
                    warn(format_args!("{error}; polling again in {interval:?}"));
                }
                Err(error) => return Err::<(), CommandError>(error.into()),
            }
            tokio::time::sleep(listen.interval).await;
        }
    };
    tokio::select! {
        result = forwarding => result?,
        signal = interrupt.wait() => signal?,
    }

    let (accepted, failed) = forwarder.counts();
    if !listen.output.json {
        print(format_args!("{accepted} forwarded, {failed} not accepted"))?;
    }
    Ok(ExitStatus::problems_found(failed > 0))
}

fn no_secret() -> UsageError {
    UsageError(
        "no signing secret: set STRIPE_WEBHOOK_SECRET to the server's; any string is valid, such as \
         whsec_local, as long as both use the same"
            .to_owned(),
    )
}

impl Listen {
    fn check(&self) -> Result<(), UsageError> {
        let url = &self.forward_to;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(UsageError(format!("{url} is not an http or https address")));
        }
        if !self.allow_remote && !is_this_machine(url) {
            return Err(UsageError(format!(
                "{url} is not on this machine; use `--allow-remote` to post there"
            )));
        }
        if self.events.len() > MAX_NAMES {
            return Err(UsageError(format!(
                "Stripe accepts at most {MAX_NAMES} event names; omit --events for all events"
            )));
        }
        Ok(())
    }

    /// A client of the account and mode.
    fn client(&self, builder: &Builder) -> Result<Client, CommandError> {
        let clients = builder.clients()?;
        let client = match &self.own_account {
            Some(account) => clients.of(Some(account)),
            None => clients.main(),
        };
        let client =
            client
                .filter(|client| client.has_key(self.live))
                .ok_or(ClientError::NoKey {
                    livemode: Some(self.live),
                })?;
        Ok(client.bound_to(self.account.as_deref(), self.live))
    }

    fn list(&self) -> Result<Request, ClientError> {
        let list = Request::list("event")?;
        Ok(if self.events.is_empty() {
            list
        } else {
            list.param("types", self.events.clone())
        })
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_posted_to_unasked() {
        let check = |url: &str, expected: bool| {
            assert_eq!(is_this_machine(&url.parse().unwrap()), expected, "{url}")
        };

        check("http://127.0.0.1:4242/stripe/webhook", true);
        check("http://127.9.9.9/", true);
        check("http://localhost:3000/hook", true);
        check("http://[::1]:3000/hook", true);

        check("https://example.com/hook", false);
        check("http://localhost.example.com/", false);
        check("http://10.0.0.1/", false);
        check("http://0.0.0.0:4242/", false);
    }
}
