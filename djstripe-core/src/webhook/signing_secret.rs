//! Whether a value can be a signing secret, and what it is if not. Does no IO.
//!
//! Invariant: no error of this module contains the value.

/// Why signing secrets are not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No secret was given.
    #[error("no signing secret; set STRIPE_WEBHOOK_SECRET to the `whsec_…` of the endpoint")]
    Missing,
    /// One of the secrets is empty.
    #[error("a signing secret is empty; check for a stray comma in STRIPE_WEBHOOK_SECRET")]
    Empty,
    /// One of the secrets is an API key.
    #[error(
        "an API key (`{prefix}…`) was given as signing secret; the key belongs into `secret_key` \
         (STRIPE_SECRET_KEY), and the endpoint's `whsec_…` into `webhook_secret` \
         (STRIPE_WEBHOOK_SECRET)"
    )]
    ApiKey {
        /// `sk_` or `rk_`.
        prefix: &'static str,
    },
    /// One of the secrets is a publishable key.
    #[error("a publishable key (`pk_…`) is no signing secret; use the endpoint's `whsec_…`")]
    Publishable,
    /// One of the secrets is the id of an endpoint.
    #[error(
        "the id of an endpoint (`we_…`) was given as signing secret; the secret, which starts with \
         `whsec_`, is shown on the endpoint's page"
    )]
    EndpointId,
    /// One of the secrets is in quotation marks, as if they were part of it.
    #[error("a signing secret has a quotation mark; give it without quotation marks")]
    Quoted,
    /// One of the secrets has white space in it.
    #[error(
        "a signing secret has a blank or a line end in it, after {position} characters; give several \
         secrets one by one or separated by commas"
    )]
    Blank {
        /// The number of characters before it.
        position: usize,
    },
    /// One of the secrets ends after its prefix.
    #[error("a signing secret is only its prefix, `whsec_`; copy the whole secret")]
    OnlyPrefix,
}

/// Whether a trimmed value may be a signing secret.
pub(super) fn check_secret(secret: &str) -> Result<(), SecretError> {
    // A key in quotation marks is told as what it is, and then without them.
    let bare = secret.trim_matches(is_quote);
    let prefix = bare.split_once('_').map_or("", |(prefix, _)| prefix);
    match prefix {
        _ if secret.is_empty() => return Err(SecretError::Empty),
        "sk" => return Err(SecretError::ApiKey { prefix: "sk_" }),
        "rk" => return Err(SecretError::ApiKey { prefix: "rk_" }),
        "pk" => return Err(SecretError::Publishable),
        "we" => return Err(SecretError::EndpointId),
        _ if secret.contains(is_quote) => return Err(SecretError::Quoted),
        _ if secret == "whsec_" => return Err(SecretError::OnlyPrefix),
        _ => {}
    }

    let is_blank = |character: char| character.is_whitespace() || character.is_control();
    match secret.chars().position(is_blank) {
        Some(position) => Err(SecretError::Blank { position }),
        None => Ok(()),
    }
}

/// Quotation marks, also those that a text editor makes of them.
pub(crate) fn is_quote(character: char) -> bool {
    matches!(
        character,
        '"' | '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '\u{201e}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_signing_secret_is_told_as_what_it_is() {
        let check = |secret: &str, expected: Result<(), SecretError>| {
            assert_eq!(check_secret(secret), expected, "{secret}");
        };

        check("whsec_a", Ok(()));
        check("", Err(SecretError::Empty));
        check("\"whsec_a\"", Err(SecretError::Quoted));
        check("whsec_a\u{201d}", Err(SecretError::Quoted));
        check("whsec_a whsec_b", Err(SecretError::Blank { position: 7 }));
        check("whsec_a\nwhsec_b", Err(SecretError::Blank { position: 7 }));
        check("sk_test_1", Err(SecretError::ApiKey { prefix: "sk_" }));
        check("'rk_live_1'", Err(SecretError::ApiKey { prefix: "rk_" }));
        check("pk_live_1", Err(SecretError::Publishable));
        check("we_1", Err(SecretError::EndpointId));
        check("whsec_", Err(SecretError::OnlyPrefix));
    }
}
