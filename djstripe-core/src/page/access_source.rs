//! Where the decision comes from who may see the page.
//!
//! In: the head of a request. Out: the operator who sent it, or a refusal. Does no IO.
//!
//! Invariant: a request about which nothing was decided is refused.

use std::fmt;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::access::{Access, Operator};

/// Fewest characters of a password: shorter ones can be guessed, as nothing counts the guesses.
const SHORTEST_PASSWORD: usize = 16;

/// The operator's name if the browser sends none with the password.
const UNNAMED: &str = "operator";

/// Most characters of a name that a browser sends.
const LONGEST_NAME: usize = 64;

/// Who decides whether a request may see the page.
#[derive(Clone, Debug)]
pub enum AccessSource {
    /// The host's own layer: it puts an [`Operator`] into the request's extensions.
    Extension,
    /// A password, which the browser asks for and sends with each request (HTTP Basic). Whoever has it
    /// may do everything, under the name that is typed with it.
    Password(PagePassword),
}

/// The password of the page. It is not shown.
#[derive(Clone)]
pub struct PagePassword(SecretString);

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// It could be guessed.
    #[error(
        "the page's password has fewer than {SHORTEST_PASSWORD} characters; use a long random one, \
             such as the output of `openssl rand -hex 16`"
    )]
    TooShort,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Nobody decided that it may see the page.
    NoOperator,
    /// It has no password, or another one.
    NoPassword,
}

impl PagePassword {
    /// The password, which has at least 16 characters.
    ///
    /// ```
    /// use djstripe_core::page::{AccessSource, PagePassword};
    ///
    /// let password = PagePassword::new("5d41402abc4b2a76b9719d911017c592")?;
    /// let source = AccessSource::Password(password);
    /// # let _ = source;
    /// # Ok::<(), djstripe_core::page::PasswordError>(())
    /// ```
    ///
    /// # Errors
    /// [`PasswordError::TooShort`].
    pub fn new(password: impl Into<String>) -> Result<Self, PasswordError> {
        let password = password.into();
        if password.trim().chars().count() < SHORTEST_PASSWORD {
            return Err(PasswordError::TooShort);
        }
        Ok(Self(SecretString::from(password)))
    }

    /// Takes the same time for every password of the same length.
    fn is(&self, given: &str) -> bool {
        let expected = self.0.expose_secret().as_bytes();
        expected.ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for PagePassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PagePassword(…)")
    }
}

impl AccessSource {
    /// The operator who sent a request.
    pub(super) fn operator(&self, request: &Parts) -> Result<Operator, Refused> {
        match self {
            Self::Extension => {
                let operator = request.extensions.get::<Operator>().cloned();
                operator.ok_or(Refused::NoOperator)
            }
            Self::Password(password) => {
                let (name, given) = basic(request).ok_or(Refused::NoPassword)?;
                if !password.is(&given) {
                    return Err(Refused::NoPassword);
                }
                Ok(Operator::new(name, Access::All))
            }
        }
    }
}

/// The name and the password of a request, as [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617) has
/// them.
fn basic(request: &Parts) -> Option<(String, String)> {
    let header = request.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }

    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, password) = decoded.split_once(':')?;
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    let name = if name.is_empty() {
        UNNAMED.to_owned()
    } else {
        name
    };
    Some((name, password.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const PASSWORD: &str = "correct horse battery";

    fn parts(authorization: Option<&str>) -> Parts {
        let mut request = Request::builder();
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn encoded(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn only_the_password_opens_the_page() {
        let source = AccessSource::Password(PagePassword::new(PASSWORD).unwrap());
        let check = |authorization: Option<&str>, expected: Option<&str>| {
            let operator = source.operator(&parts(authorization));
            let name = operator.as_ref().ok().map(Operator::name);
            assert_eq!(name, expected, "{authorization:?}");
        };

        check(Some(&encoded("ann:correct horse battery")), Some("ann"));
        check(Some(&encoded(":correct horse battery")), Some("operator"));
        let lower = encoded("ann:correct horse battery").replace("Basic", "basic");
        check(Some(&lower), Some("ann"));
        check(None, None);
        check(Some(""), None);
        check(Some("Basic"), None);
        check(Some("Basic ???"), None);
        check(Some(&encoded("correct horse battery")), None);
        check(Some(&encoded("ann:correct horse batter")), None);
        check(Some(&encoded("ann:correct horse battery2")), None);
        check(Some(&encoded("ann:")), None);
        check(Some("Bearer correct horse battery"), None);
    }

    #[test]
    fn no_decision_is_a_refusal() {
        let refused = AccessSource::Extension.operator(&parts(None));
        assert_eq!(refused, Err(Refused::NoOperator));
        let with_password = parts(Some(&encoded("ann:correct horse battery")));
        let refused = AccessSource::Extension.operator(&with_password);
        assert_eq!(refused, Err(Refused::NoOperator));
    }

    #[test]
    fn a_password_that_can_be_guessed_is_refused_and_none_is_shown() {
        let error = PagePassword::new("secret").unwrap_err();
        assert!(!error.to_string().contains("secret`"), "{error}");
        assert!(PagePassword::new("  short          ").is_err());
        let source = AccessSource::Password(PagePassword::new(PASSWORD).unwrap());
        assert!(!format!("{source:?}").contains("horse"));
    }
}
