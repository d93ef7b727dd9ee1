//! Signing secrets at rest: the name of an environment variable, or a ciphertext. Never plaintext.
//!
//! In: a secret or the stored form of one. Out: the other of the two.
//!
//! Invariant: no error and no `Debug` output of this module contains a secret or a key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use uuid::Uuid;

/// The environment variable with the key that encrypts secrets.
pub const ENCRYPTION_KEY_VARIABLE: &str = "DJSTRIPE_ENCRYPTION_KEY";

/// Prefix of the name of an environment variable.
const VARIABLE_PREFIX: &str = "env:";

/// Prefix of an encrypted secret. The number is the version of the format.
const SEALED_PREFIX: &str = "sealed:1:";

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER_PADDING);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER_PADDING);

/// A signing secret as it is stored in the database.
///
/// `Display` writes the stored form. `Debug` shows the name of an environment variable, and nothing
/// of a ciphertext.
///
/// ```
/// use djstripe_core::endpoint::{SecretStorageError, StoredSecret};
///
/// let reference: StoredSecret = "env:SHOP_WEBHOOK_SECRET".parse()?;
/// assert_eq!(reference.to_string(), "env:SHOP_WEBHOOK_SECRET");
/// assert!(matches!("whsec_1".parse::<StoredSecret>(), Err(SecretStorageError::Plain)));
/// # Ok::<(), SecretStorageError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    /// The name of the environment variable with the secret.
    Environment(String),
    /// Nonce, ciphertext and tag.
    Sealed(Vec<u8>),
}

/// Why a secret can't be stored or read. Contains neither secrets nor keys.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStorageError {
    /// The secret is plaintext.
    #[error(
        "a signing secret is never stored as plaintext: put it into an environment variable and give `env:NAME`, \
         or set {ENCRYPTION_KEY_VARIABLE} to have it encrypted"
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
    /// The key is not 32 bytes.
    #[error("{ENCRYPTION_KEY_VARIABLE} is not 32 bytes in base64 or hexadecimal")]
    InvalidKey,
    /// The secret was encrypted with another key or for another endpoint, or was modified.
    #[error(
        "the secret can't be decrypted: it was encrypted with another key or for another endpoint, or was modified"
    )]
    Undecryptable,
    /// The secret is empty.
    #[error("the secret is empty")]
    Empty,
    /// The operating system provides no random numbers.
    #[error("the operating system provides no random numbers")]
    NoRandomness,
}

impl StoredSecret {
    /// Encrypts a secret for one endpoint. It can't be decrypted for another endpoint.
    ///
    /// ```
    /// use djstripe_core::endpoint::{EncryptionKey, SecretStorageError, StoredSecret};
    /// use djstripe_core::uuid::Uuid;
    ///
    /// let key = EncryptionKey::parse(&"0".repeat(64))?;
    /// let sealed = StoredSecret::seal("whsec_1", Uuid::new_v4(), &key)?;
    /// assert!(sealed.to_string().starts_with("sealed:1:"));
    /// # Ok::<(), SecretStorageError>(())
    /// ```
    ///
    /// # Errors
    /// [`SecretStorageError::Empty`] and [`SecretStorageError::NoRandomness`].
    pub fn seal(
        secret: &str,
        endpoint: Uuid,
        key: &EncryptionKey,
    ) -> Result<Self, SecretStorageError> {
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(SecretStorageError::Empty);
        }

        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| SecretStorageError::NoRandomness)?;

        let mut text = secret.as_bytes().to_vec();
        key.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(endpoint.as_bytes()),
                &mut text,
            )
            .map_err(|_| SecretStorageError::Damaged)?;

        Ok(Self(Form::Sealed([&nonce[..], &text].concat())))
    }

    /// The plaintext of the secret.
    pub(crate) fn open(
        &self,
        endpoint: Uuid,
        key: Option<&EncryptionKey>,
    ) -> Result<SecretString, SecretStorageError> {
        match &self.0 {
            Form::Environment(name) => std::env::var(name)
                .ok()
                .filter(|secret| !secret.trim().is_empty())
                .map(SecretString::from)
                .ok_or_else(|| SecretStorageError::VariableMissing { name: name.clone() }),
            Form::Sealed(sealed) => {
                let key = key.ok_or(SecretStorageError::NoKey)?;
                let (nonce, text) = sealed
                    .split_first_chunk::<NONCE_LEN>()
                    .ok_or(SecretStorageError::Damaged)?;

                let mut text = text.to_vec();
                let opened = key
                    .0
                    .open_in_place(
                        Nonce::assume_unique_for_key(*nonce),
                        Aad::from(endpoint.as_bytes()),
                        &mut text,
                    )
                    .map_err(|_| SecretStorageError::Undecryptable)?;

                std::str::from_utf8(opened)
                    .map(SecretString::from)
                    .map_err(|_| SecretStorageError::Damaged)
            }
        }
    }
}

impl FromStr for StoredSecret {
    type Err = SecretStorageError;

    fn from_str(text: &str) -> Result<Self, SecretStorageError> {
        if let Some(name) = text.strip_prefix(VARIABLE_PREFIX) {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let is_valid = name.bytes().all(is_allowed)
                && name
                    .bytes()
                    .next()
                    .is_some_and(|first| !first.is_ascii_digit());

            return if is_valid {
                Ok(Self(Form::Environment(name.to_owned())))
            } else {
                Err(SecretStorageError::VariableName)
            };
        }

        match text.strip_prefix(SEALED_PREFIX) {
            Some(sealed) => BASE64
                .decode(sealed)
                .map(|sealed| Self(Form::Sealed(sealed))),
            None if text.starts_with("sealed:") => return Err(SecretStorageError::Damaged),
            None => return Err(SecretStorageError::Plain),
        }
        .map_err(|_| SecretStorageError::Damaged)
    }
}

impl fmt::Display for StoredSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Environment(name) => write!(formatter, "{VARIABLE_PREFIX}{name}"),
            Form::Sealed(sealed) => write!(formatter, "{SEALED_PREFIX}{}", BASE64.encode(sealed)),
        }
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Environment(name) => write!(formatter, "{VARIABLE_PREFIX}{name}"),
            Form::Sealed(_) => formatter.write_str("sealed"),
        }
    }
}

/// The key that encrypts secrets in the database. Cheap to clone. `Debug` doesn't show it.
#[derive(Clone)]
pub struct EncryptionKey(std::sync::Arc<LessSafeKey>);

impl EncryptionKey {
    /// Parses a key: 32 bytes in base64 or hexadecimal.
    ///
    /// ```
    /// use djstripe_core::endpoint::EncryptionKey;
    ///
    /// assert!(EncryptionKey::parse("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").is_ok());
    /// assert!(EncryptionKey::parse("too short").is_err());
    /// ```
    ///
    /// # Errors
    /// [`SecretStorageError::InvalidKey`].
    pub fn parse(text: &str) -> Result<Self, SecretStorageError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => crate::webhook::signature::decode_hex(text).map(Vec::from),
            _ => BASE64
                .decode(text)
                .or_else(|_| BASE64_URL.decode(text))
                .ok(),
        };
        let key = bytes.and_then(|bytes| UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok());
        key.map(|key| Self(std::sync::Arc::new(LessSafeKey::new(key))))
            .ok_or(SecretStorageError::InvalidKey)
    }

    /// Reads the key in [`ENCRYPTION_KEY_VARIABLE`]; `None` if the variable is not set or empty.
    ///
    /// # Errors
    /// [`SecretStorageError::InvalidKey`].
    pub fn from_environment() -> Result<Option<Self>, SecretStorageError> {
        match std::env::var(ENCRYPTION_KEY_VARIABLE) {
            Ok(text) if !text.trim().is_empty() => Self::parse(&text).map(Some),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(SecretStorageError::InvalidKey),
        }
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EncryptionKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const SECRET: &str = "whsec_of_the_test";

    fn key(digit: char) -> EncryptionKey {
        EncryptionKey::parse(&String::from(digit).repeat(64)).unwrap()
    }

    fn plaintext(secret: SecretString) -> String {
        secret.expose_secret().to_owned()
    }

    #[test]
    fn a_sealed_secret_opens_with_its_key_for_its_endpoint_only() {
        let (here, there) = (Uuid::new_v4(), Uuid::new_v4());
        let sealed = StoredSecret::seal(SECRET, here, &key('1')).unwrap();
        let check = |secret: &StoredSecret,
                     endpoint,
                     key: Option<&EncryptionKey>,
                     expected: Result<&str, SecretStorageError>| {
            assert_eq!(
                secret.open(endpoint, key).map(plaintext),
                expected.map(str::to_owned)
            );
        };

        let read_back: StoredSecret = sealed.to_string().parse().unwrap();
        check(&read_back, here, Some(&key('1')), Ok(SECRET));
        check(
            &sealed,
            here,
            Some(&key('2')),
            Err(SecretStorageError::Undecryptable),
        );
        check(
            &sealed,
            there,
            Some(&key('1')),
            Err(SecretStorageError::Undecryptable),
        );
        check(&sealed, here, None, Err(SecretStorageError::NoKey));

        let Form::Sealed(mut bytes) = sealed.0.clone() else {
            panic!("the secret is sealed")
        };
        bytes[20] ^= 1;

        check(
            &StoredSecret(Form::Sealed(bytes)),
            here,
            Some(&key('1')),
            Err(SecretStorageError::Undecryptable),
        );
        check(
            &StoredSecret(Form::Sealed(vec![1; 5])),
            here,
            Some(&key('1')),
            Err(SecretStorageError::Damaged),
        );

        assert_ne!(
            sealed,
            StoredSecret::seal(SECRET, here, &key('1')).unwrap(),
            "each ciphertext has a nonce of its own"
        );
    }

    #[test]
    fn only_references_and_sealed_secrets_are_kept() {
        let check = |text: &str, expected: Result<&str, SecretStorageError>| {
            let parsed = text
                .parse::<StoredSecret>()
                .map(|secret| secret.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        };

        check("env:SHOP_SECRET", Ok("env:SHOP_SECRET"));
        check("sealed:1:AAAA", Ok("sealed:1:AAAA"));
        check("env:", Err(SecretStorageError::VariableName));
        check("env:1", Err(SecretStorageError::VariableName));
        check("env:A B", Err(SecretStorageError::VariableName));
        check("sealed:1:%", Err(SecretStorageError::Damaged));
        check("sealed:2:AAAA", Err(SecretStorageError::Damaged));
        check(SECRET, Err(SecretStorageError::Plain));
        check("", Err(SecretStorageError::Plain));
    }

    #[test]
    fn a_key_is_32_bytes_in_base64_or_hexadecimal_digits() {
        let check =
            |text: &str, fits: bool| assert_eq!(EncryptionKey::parse(text).is_ok(), fits, "{text}");
        check("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", true);
        check("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", true);
        check("__________________________________________8=", true);
        check(&"fF".repeat(32), true);
        check(&"g".repeat(64), false);
        check(&"0".repeat(62), false);
        check("", false);
        check("c2hvcnQ=", false);
    }

    #[test]
    fn nothing_is_shown_of_secrets_and_keys() {
        let sealed = StoredSecret::seal(SECRET, Uuid::new_v4(), &key('1')).unwrap();
        assert_eq!(
            format!("{sealed:?} {:?}", key('1')),
            "sealed EncryptionKey(redacted)"
        );
        assert!(!sealed.to_string().contains(SECRET));

        let error = SECRET.parse::<StoredSecret>().unwrap_err();
        assert!(!format!("{error:?} {error}").contains(SECRET));
        assert!(matches!(
            StoredSecret::seal(" ", Uuid::new_v4(), &key('1')),
            Err(SecretStorageError::Empty)
        ));
    }

    #[test]
    fn a_reference_is_looked_up_where_it_points() {
        let check = |name: &str, expected: Result<&str, SecretStorageError>| {
            let secret: StoredSecret = format!("env:{name}").parse().unwrap();
            assert_eq!(
                secret.open(Uuid::nil(), None).map(plaintext),
                expected.map(str::to_owned)
            );
        };

        // Cargo sets this variable for every test.
        check("CARGO_PKG_NAME", Ok("djstripe-core"));
        check(
            "NOBODY_SETS_THIS",
            Err(SecretStorageError::VariableMissing {
                name: "NOBODY_SETS_THIS".to_owned(),
            }),
        );
    }
}
