//! Where an endpoint's signing secret comes from, as `--secret` and `--write-secret` say.

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use super::tools::Tools;
use crate::cli::exit::CommandError;
use crate::endpoint::{SecretStorageError, StoredSecret};
use crate::webhook::signature::SigningSecrets;

/// `--secret -`
const STANDARD_INPUT: &str = "-";

#[derive(Debug, Args)]
pub(super) struct SecretSource {
    /// Set where the secret comes from: env:NAME for a variable, file:PATH for a file, - for standard input
    ///
    /// Of a variable only the name is stored, of a file only the path, which each server reads every 30 s.
    /// A secret from standard input is encrypted with
    /// DJSTRIPE_ENCRYPTION_KEY and stored. So is the secret that Stripe generates, without this option.
    #[arg(long, value_name = "SOURCE", hide_possible_values = true)]
    pub(super) secret: Option<String>,
    /// Write NAME=whsec_… to this new file that only you can read, with `--secret env:NAME`; the secret
    /// alone, with `--secret file:PATH`
    #[arg(long, value_name = "FILE")]
    pub(super) write_secret: Option<PathBuf>,
}

impl SecretSource {
    /// The name of a variable or the path of a file; `None` for a secret that is encrypted.
    pub(super) fn variable(&self) -> Result<Option<StoredSecret>, SecretStorageError> {
        match self.secret.as_deref() {
            None | Some(STANDARD_INPUT) => Ok(None),
            Some(reference) => reference.parse().map(Some),
        }
    }

    /// A secret that the operator has: the name of a variable, the path of a file, or the secret on
    /// standard input, encrypted.
    pub(super) fn read(&self, tools: &Tools, endpoint: Uuid) -> Result<StoredSecret, CommandError> {
        if let Some(reference) = self.variable()? {
            return Ok(reference);
        }
        if self.secret.is_none() {
            let message = "no secret: use `--secret env:NAME` or `--secret file:PATH`, or `--secret -` to read \
                           it from standard input and encrypt it";
            return Err(message.into());
        }

        let key = tools.key()?;
        let secret = std::io::read_to_string(std::io::stdin())?;
        // What can't be a secret is refused before it is encrypted.
        SigningSecrets::new([secret.as_str()])?;
        Ok(StoredSecret::seal(&secret, endpoint, key)?)
    }
}
