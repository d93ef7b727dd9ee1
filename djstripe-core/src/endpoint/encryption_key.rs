//! The keys that encrypt signing secrets in the database.
//!
//! Invariant: no error and no `Debug` output of this module contains a key.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::secret_error::{ENCRYPTION_KEY_VARIABLE, SecretStorageError};
use super::setting;

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER_PADDING);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER_PADDING);

/// The key that encrypts secrets in the database. Cheap to clone. `Debug` doesn't show it.
#[derive(Clone)]
pub struct EncryptionKey(Arc<LessSafeKey>);

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
        let key = bytes_of(text.trim())
            .and_then(|bytes| UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok());
        key.map(|key| Self(Arc::new(LessSafeKey::new(key))))
            .ok_or(SecretStorageError::InvalidKey)
    }

    /// Parses several keys that are separated by commas. The first one encrypts, and all decrypt.
    ///
    /// ```
    /// use djstripe_core::endpoint::EncryptionKey;
    ///
    /// let (new, old) = ("0".repeat(64), "1".repeat(64));
    /// assert_eq!(EncryptionKey::parse_all(&format!("{new},{old}"))?.len(), 2);
    /// # Ok::<(), djstripe_core::endpoint::SecretStorageError>(())
    /// ```
    ///
    /// # Errors
    /// [`SecretStorageError::InvalidKey`].
    pub fn parse_all(text: &str) -> Result<Vec<Self>, SecretStorageError> {
        text.split(',').map(Self::parse).collect()
    }

    /// Reads the keys in [`ENCRYPTION_KEY_VARIABLE`], or in the file that `DJSTRIPE_ENCRYPTION_KEY_FILE`
    /// names. There are none if both are unset or empty. The first one encrypts, and all decrypt.
    ///
    /// # Errors
    /// [`SecretStorageError::InvalidKey`] and [`SecretStorageError::Setting`].
    pub fn all_from_environment() -> Result<Vec<Self>, SecretStorageError> {
        match setting::from_environment(ENCRYPTION_KEY_VARIABLE)? {
            Some(text) => Self::parse_all(text.expose_secret()),
            None => Ok(Vec::new()),
        }
    }

    /// Reads the key that encrypts, as [`all_from_environment`](Self::all_from_environment) does.
    ///
    /// # Errors
    /// [`SecretStorageError::InvalidKey`] and [`SecretStorageError::Setting`].
    pub fn from_environment() -> Result<Option<Self>, SecretStorageError> {
        Ok(Self::all_from_environment()?.into_iter().next())
    }

    /// Encrypts a text in place and appends the tag.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        endpoint: Uuid,
        text: &mut Vec<u8>,
    ) -> Result<(), Unspecified> {
        let (nonce, endpoint) = (
            Nonce::assume_unique_for_key(nonce),
            Aad::from(endpoint.as_bytes()),
        );
        self.0.seal_in_place_append_tag(nonce, endpoint, text)
    }

    /// Decrypts a text; `None` if it was encrypted with another key or for another endpoint.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        endpoint: Uuid,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let (nonce, endpoint) = (
            Nonce::assume_unique_for_key(nonce),
            Aad::from(endpoint.as_bytes()),
        );
        let mut text = sealed.to_vec();
        let length = self.0.open_in_place(nonce, endpoint, &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    match text.len() {
        64 => crate::webhook::signature::decode_hex(text).map(Vec::from),
        _ => {
            let decoded = BASE64.decode(text).or_else(|_| BASE64_URL.decode(text));
            decoded.ok()
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
    use super::*;

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
    fn several_keys_are_separated_by_commas() {
        let (new, old) = (
            "1".repeat(64),
            "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        );
        let check = |text: &str, expected: Option<usize>| {
            let keys = EncryptionKey::parse_all(text).ok();
            assert_eq!(keys.map(|keys| keys.len()), expected, "{text}");
        };
        check(&new, Some(1));
        check(&format!("{new}, {old}\n"), Some(2));
        check(&format!("{new},"), None);
        check(&format!("{new},short"), None);
    }
}
