//! Settings that all commands share.
//!
//! In: the command line and the environment. Out: a builder whose settings they have replaced.

use clap::Args;

use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Where events are kept: sqlite:PATH or postgres://USER@HOST/DATABASE [default: what the application sets, else
    /// sqlite:djstripe.db]
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
    /// Signing secrets of the endpoint, whsec_…, several separated by commas while one is being rolled
    #[arg(
        long = "webhook-secret",
        global = true,
        env = "STRIPE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "SECRET"
    )]
    webhook_secrets: Vec<String>,
    /// Secret keys of Stripe's API, sk_… or rk_…, separated by commas; one of each mode at most
    #[arg(
        long = "secret-key",
        global = true,
        env = "STRIPE_SECRET_KEY",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY"
    )]
    secret_keys: Vec<String>,
    #[arg(
        long,
        global = true,
        hide = true,
        env = "STRIPE_TEST_SECRET_KEY",
        value_name = "KEY"
    )]
    test_secret_key: Option<String>,
    #[arg(
        long,
        global = true,
        hide = true,
        env = "STRIPE_LIVE_SECRET_KEY",
        value_name = "KEY"
    )]
    live_secret_key: Option<String>,
    /// Where Stripe's API is [default: what the application sets, else https://api.stripe.com]
    #[arg(long, global = true, env = "STRIPE_API_BASE", value_name = "URL")]
    api_base: Option<String>,
}

impl Settings {
    /// What the command line or the environment says goes before what the application's code says.
    pub(super) fn apply(self, mut builder: Builder) -> Builder {
        if let Some(url) = self.database_url {
            builder = builder.database_url(url);
        }
        if !self.webhook_secrets.is_empty() {
            builder = builder.secrets(self.webhook_secrets);
        }
        let keys = [self.test_secret_key, self.live_secret_key]
            .into_iter()
            .flatten()
            .chain(self.secret_keys);
        let keys: Vec<String> = keys.filter(|key| !key.trim().is_empty()).collect();
        if !keys.is_empty() {
            builder = builder.secret_keys(keys);
        }
        if let Some(base) = self.api_base {
            builder = builder.api_base(base);
        }
        builder
    }
}
