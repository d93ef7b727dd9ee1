//! What every request and every response of the page is held to. Does no IO.
//!
//! Invariant: a request that changes something comes from a page of the same origin.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Nothing but the page's own files, no inline script or style, no frame around it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// The headers of every response.
pub(super) fn protect(response: &mut Response) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        // Browsers send the origin with forms of this origin alone.
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    let headers = response.headers_mut();
    headers.extend(fixed.map(|(name, value)| (name, value)));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Whether a browser says that a page of the same origin has sent the request. Programs that say
/// nothing of the kind have no session to abuse, but can't be told from old browsers: they are refused.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SITE) {
        return site == "same-origin";
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else {
        return false;
    };
    let origin: Option<Uri> = origin.parse().ok();
    let origin = origin.as_ref().and_then(Uri::authority);
    origin.is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_same_origin_may_change_something() {
        let check = |site: Option<&'static str>, origin: Option<&'static str>, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("shop.example:8443"));
            if let Some(site) = site {
                headers.insert(SITE, HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_same_origin(&headers), expected, "{site:?} {origin:?}");
        };

        check(Some("same-origin"), None, true);
        check(Some("same-origin"), Some("null"), true);
        for site in ["same-site", "cross-site", "none", ""] {
            check(Some(site), Some("https://shop.example:8443"), false);
        }
        check(None, Some("https://shop.example:8443"), true);
        check(None, Some("https://SHOP.example:8443"), true);
        check(None, Some("https://shop.example"), false);
        check(None, Some("https://evil.example"), false);
        check(None, Some("https://shop.example:8443.evil.example"), false);
        check(None, Some("null"), false);
        check(None, Some(""), false);
        check(None, None, false);
    }

    #[test]
    fn responses_are_not_kept_unless_they_say_so() {
        let mut response = Response::new("".into());
        protect(&mut response);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str();
        let policy = policy.unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
