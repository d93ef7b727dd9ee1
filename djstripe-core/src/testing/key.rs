//! The API key of a request: whether there is one, and its mode.

/// The key in an `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Absent,
    Wrong,
    Test,
    Live,
}

impl Key {
    /// Parses the header: `Bearer` with the key, or `Basic` with the key as the user name, which is
    /// what `curl -u` sends.
    pub(super) fn parse(authorization: Option<&str>) -> Self {
        let Some((scheme, credentials)) = authorization.and_then(|header| header.split_once(' '))
        else {
            return Self::Absent;
        };

        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Self::of(credentials),
            "basic" => base64_decode(credentials).map_or(Self::Wrong, |user_and_password| {
                Self::of(user_and_password.split(':').next().unwrap_or_default())
            }),
            _ => Self::Absent,
        }
    }

    fn of(key: &str) -> Self {
        let parts: Vec<&str> = key.trim().splitn(3, '_').collect();
        match parts[..] {
            [""] => Self::Absent,
            ["sk" | "rk", "test", secret] if !secret.is_empty() => Self::Test,
            ["sk" | "rk", "live", secret] if !secret.is_empty() => Self::Live,
            _ => Self::Wrong,
        }
    }

    /// The account that a key in the header names as its own, as in `sk_test_acct_2`; empty for keys
    /// of the platform.
    pub(super) fn own_account(authorization: Option<&str>) -> String {
        let key = authorization.and_then(|header| header.rsplit(' ').next());
        let secret = key.and_then(|key| key.splitn(3, '_').nth(2));
        let account = secret.filter(|secret| secret.starts_with("acct_"));
        account.unwrap_or_default().to_owned()
    }

    pub(super) fn livemode(self) -> bool {
        self == Self::Live
    }

    pub(super) fn is_valid(self) -> bool {
        matches!(self, Self::Test | Self::Live)
    }
}

/// Decodes Base64. `None` if it is not valid, or not UTF-8 inside.
fn base64_decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut bits, mut bit_count) = (0_u32, 0);

    for character in encoded.trim_end_matches('=').bytes() {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };

        (bits, bit_count) = (bits << 6 | u32::from(six), bit_count + 6);
        if bit_count >= 8 {
            bit_count -= 8;
            bytes.push((bits >> bit_count & 0xff) as u8);
        }
    }

    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_sent() {
        let check = |header: Option<&str>, expected: Key| {
            assert_eq!(Key::parse(header), expected, "{header:?}")
        };

        check(None, Key::Absent);
        check(Some(""), Key::Absent);
        check(Some("Bearer "), Key::Absent);
        check(Some("sk_test_1"), Key::Absent);

        check(Some("Bearer sk_test_1"), Key::Test);
        check(Some("bearer rk_live_1_2"), Key::Live);
        check(Some("Bearer pk_test_1"), Key::Wrong);
        check(Some("Bearer sk_test_"), Key::Wrong);
        check(Some("Bearer sk_1"), Key::Wrong);

        check(Some("Basic c2tfdGVzdF8xOg=="), Key::Test);
        check(Some("Basic c2tfbGl2ZV8xMjo="), Key::Live);
        check(Some("Basic c2tfbGl2ZV8xMjpwYXNzd29yZA"), Key::Live);
        check(Some("Basic ?"), Key::Wrong);
    }
}
