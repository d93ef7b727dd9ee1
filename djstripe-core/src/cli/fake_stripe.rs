//! `fake-stripe`: a fake Stripe for development, until interrupted.

use clap::Args;

use super::exit::{CommandError, ExitStatus};
use super::listen_address::ListenAddress;
use super::output::print_lines;
use crate::app::Interrupt;
use crate::testing::FakeStripe;

#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Set the address to listen on, such as localhost:4243; :4243 is all interfaces
    #[arg(long, default_value = "127.0.0.1:4243", value_name = "ADDRESS")]
    listen: ListenAddress,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitStatus, CommandError> {
    let stripe = FakeStripe::with_listener(arguments.listen.bind().await?)?;

    let interrupt = Interrupt::install()?;
    print_lines(settings(&stripe))?;
    interrupt.wait().await?;
    Ok(ExitStatus::Success)
}

/// The settings of the other commands that make them use it, as shell commands. The key and the secret
/// are made up and valid nowhere else.
fn settings(stripe: &FakeStripe) -> String {
    format!(
        "export STRIPE_API_BASE={}\nexport STRIPE_SECRET_KEY={}\nexport STRIPE_WEBHOOK_SECRET={}",
        stripe.base_url(),
        stripe.api_key(),
        stripe.webhook_secret()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_says_how_to_be_used() {
        let stripe = FakeStripe::start().await.unwrap();
        let settings = settings(&stripe);

        let values: Vec<&str> = settings
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.1))
            .collect();
        assert_eq!(
            values,
            [
                stripe.base_url(),
                &stripe.api_key(),
                &stripe.webhook_secret()
            ]
        );
    }
}
