//! Settings that several commands share, in groups: each command takes the groups that it uses.
//!
//! In: the command line and the environment. Out: a builder whose settings they have replaced.

use std::convert::Infallible;

use clap::Args;
use clap::builder::FalseyValueParser;
use secrecy::{ExposeSecret, SecretString};

use crate::app::Builder;

#[derive(Clone, Debug, Args)]
pub(super) struct DatabaseArgs {
    /// Set the database, sqlite:PATH or postgres://… [default: the application's, else sqlite:djstripe.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// Set the URL of the PostgreSQL server behind a pooler; one connection listens there for events
    #[arg(
        long,
        env = "DIRECT_DATABASE_URL",
        hide_env_values = true,
        hide_short_help = true,
        value_name = "URL"
    )]
    direct_database_url: Option<String>,
    /// Open at most this many connections to PostgreSQL [default: the application's, else 8]
    #[arg(
        long,
        env = "DJSTRIPE_CONNECTIONS",
        value_parser = clap::value_parser!(u32).range(1..),
        value_name = "NUMBER"
    )]
    connections: Option<u32>,
}

/// Of commands that migrate the database before they start.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct MigrateArgs {
    /// Refuse a database that lacks migrations instead of migrating it
    #[arg(long, env = "DJSTRIPE_NO_MIGRATE", value_parser = FalseyValueParser::new())]
    no_migrate: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct SigningArgs {
    /// Set the endpoint's signing secret, whsec_…; during a roll several, separated by commas
    #[arg(
        long = "webhook-secret",
        env = "STRIPE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "SECRET"
    )]
    webhook_secrets: Vec<String>,
}

/// How to reach Stripe's API.
#[derive(Clone, Debug, Args)]
pub(super) struct StripeArgs {
    /// Set the secret key of Stripe's API, sk_… or rk_…, or one per mode, separated by a comma
    #[arg(
        long = "secret-key",
        env = "STRIPE_SECRET_KEY",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY"
    )]
    secret_keys: Vec<String>,
    #[arg(long, hide = true, env = "STRIPE_TEST_SECRET_KEY", value_name = "KEY")]
    test_secret_key: Option<String>,
    #[arg(long, hide = true, env = "STRIPE_LIVE_SECRET_KEY", value_name = "KEY")]
    live_secret_key: Option<String>,
    /// Set the secret key of one of several accounts of your own, ACCOUNT=KEY; repeatable
    #[arg(
        long = "account-key",
        env = "STRIPE_ACCOUNT_KEYS",
        hide_env_values = true,
        value_delimiter = ',',
        value_parser = account_key,
        value_name = "ACCOUNT=KEY"
    )]
    account_keys: Vec<AccountKey>,
    /// Set the address of Stripe's API [default: the application's, else https://api.stripe.com]
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL")]
    api_base: Option<String>,
}

/// The secret key of one of several own accounts.
#[derive(Clone, Debug)]
struct AccountKey {
    account: String,
    key: SecretString,
}

/// Reads `acct_1=sk_test_1`. It never fails, as clap's error would show the key: the builder refuses
/// what has no account.
fn account_key(text: &str) -> Result<AccountKey, Infallible> {
    let (account, key) = text.split_once('=').unwrap_or(("", text));
    Ok(AccountKey {
        account: account.trim().to_owned(),
        key: SecretString::from(key.trim()),
    })
}

impl DatabaseArgs {
    /// Of a command that works on what is there: a misspelt path must not become an empty database.
    pub(super) fn apply(self, builder: Builder) -> Builder {
        self.apply_or_create(builder).without_creating()
    }

    /// Of a command with which an installation begins.
    pub(super) fn apply_or_create(self, mut builder: Builder) -> Builder {
        if let Some(url) = self.database_url {
            builder = builder.database_url(url);
        }
        if let Some(url) = self.direct_database_url.filter(|url| !url.is_empty()) {
            builder = builder.direct_database_url(url);
        }
        match self.connections {
            Some(connections) => builder.connections(connections),
            None => builder,
        }
    }
}

impl MigrateArgs {
    pub(super) fn apply(self, builder: Builder) -> Builder {
        if self.no_migrate {
            builder.migrate(false)
        } else {
            builder
        }
    }
}

impl SigningArgs {
    pub(super) fn apply(self, builder: Builder) -> Builder {
        if self.webhook_secrets.is_empty() {
            builder
        } else {
            builder.webhook_secrets(self.webhook_secrets)
        }
    }
}

impl StripeArgs {
    pub(super) fn apply(self, mut builder: Builder) -> Builder {
        let keys: Vec<String> = [self.test_secret_key, self.live_secret_key]
            .into_iter()
            .flatten()
            .chain(self.secret_keys)
            .filter(|key| !key.trim().is_empty())
            .collect();
        if !keys.is_empty() {
            builder = builder.secret_keys(keys);
        }

        for AccountKey { account, key } in self.account_keys {
            builder = builder.account(account, |account| account.secret_key(key.expose_secret()));
        }
        if let Some(base) = self.api_base {
            builder = builder.api_base(base);
        }
        builder
    }
}
