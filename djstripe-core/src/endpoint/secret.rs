//! Signing secrets at rest: the name of an environment variable, the path of a file, or a
//! ciphertext. Never plaintext.
//!
//! In: a secret or the stored form of one. Out: the other of the two.
//!
//! Invariant: no error and no `Debug` output of this module contains a secret or a key.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use ring::aead::NONCE_LEN;
use ring::rand::{SecureRandom, SystemRandom};
#[cfg(feature = "cli")]
use secrecy::ExposeSecret;
use secrecy::SecretString;
use uuid::Uuid;

use super::encryption_key::{BASE64, EncryptionKey};
use super::secret_error::SecretStorageError;
use super::setting::read_regular_file;

/// Prefix of the name of an environment variable.
const VARIABLE_PREFIX: &str = "env:";

/// Prefix of the path of a file.
const FILE_PREFIX: &str = "file:";

/// Prefix of an encrypted secret. The number is the version of the format.
const SEALED_PREFIX: &str = "sealed:1:";

/// A signing secret as it is stored in the database.
///
/// `Display` writes the stored form. `Debug` shows the name of an environment variable and the path
/// of a file, and nothing of a ciphertext.
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
    /// The absolute path of the file with the secret, which is read whenever the endpoint is.
    File(PathBuf),
    /// Nonce, ciphertext and tag.
    Sealed(Vec<u8>),
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
        key.seal(nonce, endpoint, &mut text)
            .map_err(|_| SecretStorageError::Damaged)?;

        Ok(Self(Form::Sealed([&nonce[..], &text].concat())))
    }

    /// The plaintext of the secret. Of the keys, one has to be that which encrypted it.
    pub(crate) fn open(
        &self,
        endpoint: Uuid,
        keys: &[EncryptionKey],
    ) -> Result<SecretString, SecretStorageError> {
        match &self.0 {
            Form::Environment(name) => std::env::var(name)
                .ok()
                .filter(|secret| !secret.trim().is_empty())
                .map(SecretString::from)
                .ok_or_else(|| SecretStorageError::VariableMissing { name: name.clone() }),
            Form::File(path) => Ok(read_regular_file(FILE_PREFIX, path)?),
            Form::Sealed(_) if keys.is_empty() => Err(SecretStorageError::NoKey),
            Form::Sealed(sealed) => {
                let (nonce, text) = sealed
                    .split_first_chunk::<NONCE_LEN>()
                    .ok_or(SecretStorageError::Damaged)?;
                // The ciphertext does not say which key it is of.
                let opened = keys.iter().find_map(|key| key.open(*nonce, endpoint, text));
                let opened = opened.ok_or(SecretStorageError::Undecryptable)?;
                String::from_utf8(opened)
                    .map(SecretString::from)
                    .map_err(|_| SecretStorageError::Damaged)
            }
        }
    }

    /// The same secret, encrypted with the first of these keys; `None` if it is encrypted with it
    /// already, or is not encrypted at all.
    ///
    /// # Errors
    /// As those of [`open`](Self::open).
    #[cfg(feature = "cli")]
    pub(crate) fn reseal(
        &self,
        endpoint: Uuid,
        keys: &[EncryptionKey],
    ) -> Result<Option<Self>, SecretStorageError> {
        let Form::Sealed(_) = &self.0 else {
            return Ok(None);
        };
        let first = keys.first().ok_or(SecretStorageError::NoKey)?;
        if self.open(endpoint, std::slice::from_ref(first)).is_ok() {
            return Ok(None);
        }
        let secret = self.open(endpoint, keys)?;
        Self::seal(secret.expose_secret(), endpoint, first).map(Some)
    }

    /// Whether the database holds the secret itself, encrypted.
    #[cfg(feature = "cli")]
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.0, Form::Sealed(_))
    }

    /// The line of a file from which the operator sets this reference.
    #[cfg(feature = "cli")]
    pub(crate) fn line_with(&self, secret: &str) -> String {
        match &self.0 {
            Form::Environment(name) => format!("{name}={secret}"),
            Form::File(_) | Form::Sealed(_) => secret.to_owned(),
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

        if let Some(path) = text.strip_prefix(FILE_PREFIX) {
            let path = Path::new(path);
            let is_shown_whole = !text.chars().any(char::is_control);
            return if path.is_absolute() && is_shown_whole {
                Ok(Self(Form::File(path.to_owned())))
            } else {
                Err(SecretStorageError::FilePath)
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
            Form::File(path) => write!(formatter, "{FILE_PREFIX}{}", path.display()),
            Form::Sealed(sealed) => write!(formatter, "{SEALED_PREFIX}{}", BASE64.encode(sealed)),
        }
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Environment(name) => write!(formatter, "{VARIABLE_PREFIX}{name}"),
            Form::File(path) => write!(formatter, "{FILE_PREFIX}{}", path.display()),
            Form::Sealed(_) => formatter.write_str("sealed"),
        }
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
                     keys: &[EncryptionKey],
                     expected: Result<&str, SecretStorageError>| {
            assert_eq!(
                secret.open(endpoint, keys).map(plaintext),
                expected.map(str::to_owned)
            );
        };

        let read_back: StoredSecret = sealed.to_string().parse().unwrap();
        check(&read_back, here, &[key('1')], Ok(SECRET));
        check(
            &sealed,
            here,
            &[key('2')],
            Err(SecretStorageError::Undecryptable),
        );
        check(
            &sealed,
            there,
            &[key('1')],
            Err(SecretStorageError::Undecryptable),
        );
        check(&sealed, here, &[], Err(SecretStorageError::NoKey));
        check(&sealed, here, &[key('2'), key('1')], Ok(SECRET));

        let Form::Sealed(mut bytes) = sealed.0.clone() else {
            panic!("the secret is sealed")
        };
        bytes[20] ^= 1;

        check(
            &StoredSecret(Form::Sealed(bytes)),
            here,
            &[key('1')],
            Err(SecretStorageError::Undecryptable),
        );
        check(
            &StoredSecret(Form::Sealed(vec![1; 5])),
            here,
            &[key('1')],
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
        check("file:/run/secrets/shop 1", Ok("file:/run/secrets/shop 1"));
        check("env:", Err(SecretStorageError::VariableName));
        check("env:1", Err(SecretStorageError::VariableName));
        check("env:A B", Err(SecretStorageError::VariableName));
        check("sealed:1:%", Err(SecretStorageError::Damaged));
        check("sealed:2:AAAA", Err(SecretStorageError::Damaged));
        check("file:", Err(SecretStorageError::FilePath));
        check("file:secrets/shop", Err(SecretStorageError::FilePath));
        check("file:/run/\u{1b}[1m", Err(SecretStorageError::FilePath));
        check(SECRET, Err(SecretStorageError::Plain));
        check("", Err(SecretStorageError::Plain));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_secret_is_encrypted_again_with_the_first_key_once() {
        let endpoint = Uuid::new_v4();
        let old = StoredSecret::seal(SECRET, endpoint, &key('1')).unwrap();
        let keys = [key('2'), key('1')];

        let new = old.reseal(endpoint, &keys).unwrap().unwrap();
        assert_eq!(
            new.open(endpoint, &keys[..1]).map(plaintext),
            Ok(SECRET.to_owned())
        );
        assert_eq!(new.reseal(endpoint, &keys), Ok(None));
        let unknown = old.reseal(endpoint, &[key('3')]);
        assert_eq!(unknown, Err(SecretStorageError::Undecryptable));
        assert_eq!(old.reseal(endpoint, &[]), Err(SecretStorageError::NoKey));
        let reference: StoredSecret = "env:A".parse().unwrap();
        assert_eq!(reference.reseal(endpoint, &[]), Ok(None));
    }

    #[test]
    fn a_file_is_read_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let secret: StoredSecret = format!("file:{}", path.display()).parse().unwrap();
        let open = || secret.open(Uuid::nil(), &[]).map(plaintext);

        let missing = open().unwrap_err();
        assert!(
            matches!(missing, SecretStorageError::Setting(_)),
            "{missing}"
        );
        for content in ["whsec_1", "whsec_2"] {
            std::fs::write(&path, format!("{content}\n")).unwrap();
            assert_eq!(open(), Ok(content.to_owned()));
        }
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
                secret.open(Uuid::nil(), &[]).map(plaintext),
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
