//! Addresses that events are posted to, as they are written on a command line.

use reqwest::Url;

use crate::endpoint::WEBHOOK_PATH;

/// Parses a URL, or the short form that has no scheme: `localhost:4242`, or `:4242` for this machine.
/// A short form without a path means the server's own.
pub(super) fn target_url(text: &str) -> Result<Url, String> {
    if text.contains("://") {
        return Url::parse(text).map_err(|error| error.to_string());
    }

    let host = if text.starts_with(':') {
        "127.0.0.1"
    } else {
        ""
    };
    let mut url = Url::parse(&format!("http://{host}{text}"))
        .map_err(|_| "expected a URL, or a host and a port such as localhost:4242")?;
    if url.path() == "/" && !text.ends_with('/') {
        url.set_path(WEBHOOK_PATH);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_is_a_server_of_ours() {
        let check = |text: &str, expected: &str| {
            assert_eq!(target_url(text).unwrap().as_str(), expected, "{text}");
        };
        check("localhost:4242", "http://localhost:4242/stripe/webhook");
        check(":3000", "http://127.0.0.1:3000/stripe/webhook");
        check("[::1]:3000", "http://[::1]:3000/stripe/webhook");
        check("localhost:3000/hook?a=b", "http://localhost:3000/hook?a=b");
        check("localhost:3000/", "http://localhost:3000/");
        check("https://shop.example", "https://shop.example/");
        check("ftp://shop.example/x", "ftp://shop.example/x");

        for text in ["", "localhost:http", "http://", "a b:1"] {
            assert!(target_url(text).is_err(), "{text}");
        }
    }
}
