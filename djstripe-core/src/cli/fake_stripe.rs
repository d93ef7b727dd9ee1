//! `fake-stripe`: a Stripe for trying things out, empty at first, until interrupted.

use std::net::SocketAddr;

use super::CommandError;
use super::serve::interrupted;
use crate::testing::FakeStripe;

pub(super) async fn run(listen: SocketAddr) -> Result<(), CommandError> {
    let stripe = FakeStripe::listen(listen)
        .await
        .map_err(|error| format!("can't listen on {listen}: {error}"))?;
    super::list::print(format_args!("{}", settings(&stripe)))?;
    Ok(interrupted().await?)
}

/// What makes the other commands use it, for a shell to read. None of it opens anything else.
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
        let text = settings(&stripe);
        let values: Vec<&str> = text
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.1))
            .collect();
        assert_eq!(
            values,
            [stripe.base_url(), stripe.api_key(), stripe.webhook_secret()]
        );
    }
}
