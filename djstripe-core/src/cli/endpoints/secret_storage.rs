//! Storing the secret of an endpoint that Stripe creates.
//!
//! Invariant: no other place has the secret in plain text, and only for as long as storing it takes.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use uuid::Uuid;

use super::parts::Created;
use super::secret_source::SecretSource;
use super::tools::Tools;
use crate::cli::exit::CommandError;
use crate::cli::output::warn;
use crate::endpoint::{
    EncryptionKey, Endpoint, SecretStorageError, StoredSecret, ValidationMethod,
};

/// Where the secret will be stored. Prepared before the endpoint is created, because Stripe shows the
/// secret only once.
pub(super) enum SecretStorage {
    /// Encrypted in the endpoint's row.
    Encrypted(EncryptionKey),
    /// In an environment variable or a file, which the operator takes from this file.
    File {
        reference: StoredSecret,
        path: PathBuf,
        file: std::fs::File,
    },
    /// Not stored: no signature is verified.
    Dropped,
}

impl SecretStorage {
    pub(super) fn prepare(
        tools: &Tools,
        source: &SecretSource,
        validation: ValidationMethod,
    ) -> Result<Self, CommandError> {
        if validation != ValidationMethod::VerifySignature && source.secret.is_none() {
            // It will be needed if the endpoint verifies signatures one day; today nothing depends on it.
            let key = tools.encryption_keys.first().cloned();
            return Ok(key.map_or(Self::Dropped, Self::Encrypted));
        }

        match (source.variable()?, &source.write_secret) {
            (Some(reference), Some(path)) => Self::create_file(reference, path.clone()),
            (Some(_), None) => {
                let message = "Stripe generates the secret and shows it once: use `--write-secret FILE` to \
                               write it to a file, which is the file of `file:PATH` or from which you set \
                               the variable";
                Err(message.into())
            }
            (None, Some(_)) => {
                Err("`--write-secret` requires `--secret env:NAME` or `--secret file:PATH`".into())
            }
            (None, None) if source.secret.is_some() => {
                let message = "Stripe generates the secret; `--secret -` is for `--local`, and for `roll` \
                               after a roll in the dashboard";
                Err(message.into())
            }
            (None, None) => Ok(Self::Encrypted(tools.key()?.clone())),
        }
    }

    fn create_file(reference: StoredSecret, path: PathBuf) -> Result<Self, CommandError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);

        let file = options
            .open(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::File {
            reference,
            path,
            file,
        })
    }

    /// Removes the file, so that the command can be run again.
    pub(super) fn discard(self) {
        if let Self::File { path, .. } = self
            && let Err(error) = std::fs::remove_file(&path)
        {
            warn(format_args!("failed to remove {}: {error}", path.display()));
        }
    }

    /// Stores the secret and adds to the endpoint what its row holds of it.
    pub(super) fn store(
        &mut self,
        created: &Created,
        endpoint: &mut Endpoint,
    ) -> Result<(), CommandError> {
        if let Some(secret) = self.write(created, endpoint.id)? {
            endpoint.add_secret(secret, None);
        }
        Ok(())
    }

    fn write(
        &mut self,
        created: &Created,
        endpoint: Uuid,
    ) -> Result<Option<StoredSecret>, CommandError> {
        use std::io::Write;

        let secret = created.secret.expose_secret();
        match self {
            Self::Dropped => Ok(None),
            Self::Encrypted(key) => Ok(Some(StoredSecret::seal(secret, endpoint, key)?)),
            Self::File { .. } if secret.is_empty() => Err(SecretStorageError::Empty.into()),
            Self::File {
                reference, file, ..
            } => {
                writeln!(file, "{}", reference.line_with(secret))?;
                file.sync_all()?;
                Ok(Some(reference.clone()))
            }
        }
    }
}
