//! `listen`: posts the events of Stripe's list to a server on this machine, signed again, until
//! interrupted. For development without a public address.
//!
//! In: Stripe's list of events and that of thin events, polled. Out: a signed request per event, the
//! oldest of each list first; an event that appears late in its list is posted late. Nothing is stored.

mod wanted;
mod position;
mod thin_position;
mod forwarder;
mod sources;

use std::time::Duration;

use clap::Args;
use reqwest::Url;

use super::client::client_of;
use super::exit::{CommandError, ExitStatus, UsageError};
use super::output::{OutputArgs, print};
use super::settings::{SigningArgs, StripeArgs};
use super::target_url::target_url;
use crate::app::{Builder, Interrupt};
use crate::client::is_this_machine;
use crate::webhook::mode_name;
use forwarder::Forwarder;
use sources::{Sources, Target};
use wanted::Wanted;

#[derive(Debug, Args)]
pub(super) struct Listen {
    /// Set the address to post events to; localhost:4242 is short for its path /stripe/webhook
    #[arg(
        long,
        default_value = "http://127.0.0.1:4242/stripe/webhook",
        value_parser = target_url,
        value_name = "URL"
    )]
    forward_to: Url,
    /// Set the address to post thin events to [default: that of --forward-to]
    #[arg(long, value_parser = target_url, value_name = "URL")]
    forward_thin_to: Option<Url>,
    /// Post events of these names only, separated by commas: invoice.paid,customer.* [default: all,
    /// and the thin events that have no snapshot event]
    #[arg(long, value_delimiter = ',', value_name = "EVENTS")]
    events: Vec<String>,
    /// Post these thin events, separated by commas, also those that have a snapshot event:
    /// v1.customer.updated,v2.core.*, or * for all
    #[arg(long, value_delimiter = ',', value_name = "EVENTS")]
    thin_events: Vec<String>,
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
    _signing: SigningArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, listen: Listen) -> Result<ExitStatus, CommandError> {
    let builder = listen.stripe.clone().apply(builder);
    let secret = builder
        .first_secret(listen.own_account.as_deref())
        .ok_or_else(no_secret)?;
    listen.check()?;
    let wanted = Wanted::new(&listen.events, &listen.thin_events)?;

    let (own, account) = (listen.own_account.as_deref(), listen.account.as_deref());
    let client = client_of(&builder, own, account, listen.live)?;
    let target = Target {
        account: account.unwrap_or(client.own_account()),
        url: listen.forward_to.as_str(),
        thin_url: listen
            .forward_thin_to
            .as_ref()
            .unwrap_or(&listen.forward_to)
            .as_str(),
    };
    let mut sources = Sources::open(target, &client, wanted).await?;
    let mut forwarder = Forwarder::new(secret, listen.output)?;
    let interrupt = Interrupt::install()?;
    if !listen.output.json {
        let mode = mode_name(listen.live);
        let url = &listen.forward_to;
        print(format_args!(
            "forwarding events of {mode} mode from now on to {url}; press Ctrl-C to stop"
        ))?;
    }

    tokio::select! {
        result = sources.forward(listen.interval, &mut forwarder) => result?,
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
        for url in [Some(&self.forward_to), self.forward_thin_to.as_ref()] {
            let Some(url) = url else { continue };
            if !["http", "https"].contains(&url.scheme()) {
                return Err(UsageError(format!("{url} is not an http or https address")));
            }
            if !self.allow_remote && !is_this_machine(url) {
                return Err(UsageError(format!(
                    "{url} is not on this machine; use `--allow-remote` to post there"
                )));
            }
        }
        Ok(())
    }
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
