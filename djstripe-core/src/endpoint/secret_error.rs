//! Why a secret can't be stored or read.

use super::setting::SettingError;

/// The environment variable with the keys that encrypt secrets.
pub const ENCRYPTION_KEY_VARIABLE: &str = "DJSTRIPE_ENCRYPTION_KEY";

/// Why a secret can't be stored or read. Contains neither secrets nor keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStorageError {
    /// The secret is plaintext.
    #[error(
        "a signing secret is never stored as plaintext: put it into an environment variable and give \
         `env:NAME`, or into a file and give `file:PATH`, or set {ENCRYPTION_KEY_VARIABLE} to have it \
         encrypted"
    )]
    Plain,
    /// `env:` is not followed by a valid name.
    #[error(
        "`env:` must be followed by the name of an environment variable: letters, digits and `_`"
    )]
    VariableName,
    /// The encrypted secret is incomplete, or was written by a newer version.
    #[error("the encrypted secret is corrupt, or was written by a newer version of djstripe")]
    Damaged,
    /// `file:` is not followed by an absolute path.
    #[error("`file:` must be followed by the absolute path of a file")]
    FilePath,
    /// A file with a secret or a key can't be read, or a variable and its file are both set.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The environment variable with the secret is not set.
    #[error("environment variable {name}, which should contain the secret, is not set or is empty")]
    VariableMissing {
        /// The name of the variable.
        name: String,
    },
    /// There is no key to encrypt or decrypt the secret.
    #[error(
        "encrypted secrets need a key: set {ENCRYPTION_KEY_VARIABLE} to the output of `openssl rand -base64 32`"
    )]
    NoKey,
    /// A key is not 32 bytes.
    #[error(
        "{ENCRYPTION_KEY_VARIABLE} is not a key of 32 bytes in base64 or hexadecimal, or several keys \
         separated by commas"
    )]
    InvalidKey,
    /// The secret was encrypted with another key or for another endpoint, or was modified.
    #[error(
        "the secret can't be decrypted: it was encrypted with a key that {ENCRYPTION_KEY_VARIABLE} lacks, or \
         for another endpoint, or was modified"
    )]
    Undecryptable,
    /// The secret is empty.
    #[error("the secret is empty")]
    Empty,
    /// The operating system provides no random numbers.
    #[error("the operating system provides no random numbers")]
    NoRandomness,
}
