//! Settings that several commands share, in groups: each command takes the groups that it uses.
//!
//! In: the command line and the environment. Out: a builder whose settings they have replaced. The
//! secrets among them are read by [`secrets`](super::secrets), which the command doesn't see.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;
use secrecy::SecretString;

use crate::app::Builder;

#[derive(Clone, Debug, Args)]
pub(super) struct DatabaseArgs {
    /// Set the database, sqlite:PATH or postgres://… [default: the application's, else sqlite:djstripe.db]
    #[arg(
        id = "database-url",
        long = "database-url",
        env = "DATABASE_URL",
        hide_env_values = true,
        value_parser = secret,
        value_name = "URL"
    )]
    _url: Option<SecretString>,
    /// Read the database's URL from this file
    #[arg(
        id = "database-url-file",
        long = "database-url-file",
        env = "DATABASE_URL_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    _url_file: Option<PathBuf>,
    /// Set the URL of the PostgreSQL server behind a pooler; one connection listens there for events
    #[arg(
        id = "direct-database-url",
        long = "direct-database-url",
        env = "DIRECT_DATABASE_URL",
        hide_env_values = true,
        hide_short_help = true,
        value_parser = secret,
        value_name = "URL"
    )]
    _direct_url: Option<SecretString>,
    /// Read the URL of the server behind a pooler from this file
    #[arg(
        id = "direct-database-url-file",
        long = "direct-database-url-file",
        env = "DIRECT_DATABASE_URL_FILE",
        hide_env_values = true,
        hide_short_help = true,
        value_name = "FILE"
    )]
    _direct_url_file: Option<PathBuf>,
    /// Open at most this many connections to PostgreSQL [default: the application's, else 8]
    #[arg(
        long,
        env = "DJSTRIPE_CONNECTIONS",
        value_parser = clap::value_parser!(u32).range(1..),
        value_name = "NUMBER"
    )]
    connections: Option<u32>,
    /// Keep versions of objects of these types, separated by commas [default: the application's, else none]
    #[arg(
        long,
        env = "DJSTRIPE_VERSIONS",
        hide_short_help = true,
        value_delimiter = ',',
        value_name = "TYPE"
    )]
    keep_versions_of: Vec<String>,
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
        id = "webhook-secret",
        long = "webhook-secret",
        env = "STRIPE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_parser = secret,
        value_name = "SECRET"
    )]
    _secrets: Vec<SecretString>,
    /// Read the endpoint's signing secret from this file
    #[arg(
        id = "webhook-secret-file",
        long = "webhook-secret-file",
        env = "STRIPE_WEBHOOK_SECRET_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    _secrets_file: Option<PathBuf>,
}

/// How to reach Stripe's API.
#[derive(Clone, Debug, Args)]
pub(super) struct StripeArgs {
    /// Set the secret key of Stripe's API, sk_… or rk_…, or one per mode, separated by a comma
    #[arg(
        id = "secret-key",
        long = "secret-key",
        env = "STRIPE_SECRET_KEY",
        hide_env_values = true,
        value_parser = secret,
        value_name = "KEY"
    )]
    _keys: Vec<SecretString>,
    /// Read the secret key of Stripe's API from this file
    #[arg(
        id = "secret-key-file",
        long = "secret-key-file",
        env = "STRIPE_SECRET_KEY_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    _keys_file: Option<PathBuf>,
    #[command(flatten)]
    _keys_by_mode: KeysByMode,
    /// Set the secret key of one of several accounts of your own, ACCOUNT=KEY; repeatable
    #[arg(
        id = "account-key",
        long = "account-key",
        env = "STRIPE_ACCOUNT_KEYS",
        hide_env_values = true,
        value_parser = secret,
        value_name = "ACCOUNT=KEY"
    )]
    _account_keys: Vec<SecretString>,
    /// Read the secret keys of several accounts of your own from this file
    #[arg(
        id = "account-key-file",
        long = "account-key-file",
        env = "STRIPE_ACCOUNT_KEYS_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    _account_keys_file: Option<PathBuf>,
    /// Set the address of Stripe's API [default: the application's, else https://api.stripe.com]
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL")]
    api_base: Option<String>,
}

/// Secret keys whose variables tell their mode, besides [`StripeArgs`].
#[derive(Clone, Debug, Args)]
struct KeysByMode {
    #[arg(
        id = "test-secret-key",
        long = "test-secret-key",
        hide = true,
        env = "STRIPE_TEST_SECRET_KEY",
        value_parser = secret,
        value_name = "KEY"
    )]
    _test: Option<SecretString>,
    #[arg(
        id = "test-secret-key-file",
        long = "test-secret-key-file",
        hide = true,
        env = "STRIPE_TEST_SECRET_KEY_FILE",
        value_name = "FILE"
    )]
    _test_file: Option<PathBuf>,
    #[arg(
        id = "live-secret-key",
        long = "live-secret-key",
        hide = true,
        env = "STRIPE_LIVE_SECRET_KEY",
        value_parser = secret,
        value_name = "KEY"
    )]
    _live: Option<SecretString>,
    #[arg(
        id = "live-secret-key-file",
        long = "live-secret-key-file",
        hide = true,
        env = "STRIPE_LIVE_SECRET_KEY_FILE",
        value_name = "FILE"
    )]
    _live_file: Option<PathBuf>,
}

/// Reads a secret. It never fails, as clap's error would show it.
pub(super) fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

impl DatabaseArgs {
    /// Of a command that works on what is there: a misspelt path must not become an empty database.
    pub(super) fn apply(self, builder: Builder) -> Builder {
        self.apply_or_create(builder).without_creating()
    }

    /// Of a command with which an installation begins.
    pub(super) fn apply_or_create(self, builder: Builder) -> Builder {
        let builder = match self.connections {
            Some(connections) => builder.connections(connections),
            None => builder,
        };
        if self.keep_versions_of.is_empty() {
            builder
        } else {
            builder.keep_versions_of(self.keep_versions_of)
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

impl StripeArgs {
    pub(super) fn apply(self, builder: Builder) -> Builder {
        match self.api_base {
            Some(base) => builder.api_base(base),
            None => builder,
        }
    }
}
