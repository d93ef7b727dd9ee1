//! The builder's settings of the environment.

use secrecy::ExposeSecret;

use super::builder::Builder;
use crate::endpoint::setting;

/// The variables with secret keys of Stripe's API.
const KEYS: [&str; 3] = [
    "STRIPE_SECRET_KEY",
    "STRIPE_TEST_SECRET_KEY",
    "STRIPE_LIVE_SECRET_KEY",
];

impl Builder {
    /// Reads the secret keys and the address of Stripe's API from the environment variables
    /// `STRIPE_SECRET_KEY`, `STRIPE_TEST_SECRET_KEY`, `STRIPE_LIVE_SECRET_KEY` and `STRIPE_API_BASE`; a key
    /// also from the file that its variable with the suffix `_FILE` names. Those that are not set, or
    /// are empty, are skipped. The command line reads them without this call.
    ///
    /// A file that can't be read makes [`build`](Self::build) fail with
    /// [`BuildError::Setting`](crate::BuildError::Setting).
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().client_from_env();
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn client_from_env(mut self) -> Self {
        for name in KEYS {
            for key in self.read_setting(name) {
                self = self.secret_key(key);
            }
        }
        match std::env::var("STRIPE_API_BASE") {
            Ok(base) if !base.trim().is_empty() => self.api_base(base),
            _ => self,
        }
    }

    /// Reads the signing secrets from the environment variable `STRIPE_WEBHOOK_SECRET`, or from the file
    /// that `STRIPE_WEBHOOK_SECRET_FILE` names; several are separated by commas. They replace those set
    /// before. If both variables are unset or empty, nothing changes. The command line reads them
    /// without this call.
    ///
    /// A file that can't be read makes [`build`](Self::build) fail with
    /// [`BuildError::Setting`](crate::BuildError::Setting).
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().webhook_secrets_from_env();
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn webhook_secrets_from_env(mut self) -> Self {
        match self.read_setting("STRIPE_WEBHOOK_SECRET") {
            secrets if secrets.is_empty() => self,
            secrets => self.webhook_secrets(secrets),
        }
    }

    /// The values of a setting. Why it can't be read is kept for [`build`](Self::build).
    fn read_setting(&mut self, variable: &str) -> Vec<String> {
        match setting::from_environment(variable) {
            Ok(Some(values)) => {
                let values = values.expose_secret().split(',');
                values.map(str::to_owned).collect()
            }
            Ok(None) => Vec::new(),
            Err(error) => {
                self.unread_setting.get_or_insert(error);
                Vec::new()
            }
        }
    }
}
