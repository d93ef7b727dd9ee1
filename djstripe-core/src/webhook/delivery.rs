//! A delivery: one HTTP request from Stripe, before anything about it is verified.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

use axum::http::HeaderMap;
use bytes::Bytes;
use ipnet::IpNet;

/// Headers that can carry credentials of the sender or of a proxy. They are not stored.
const SECRET_HEADERS: [&str; 11] = [
    "authorization",
    "cf-access-client-secret",
    "cf-access-jwt-assertion",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
    "x-amzn-oidc-accesstoken",
    "x-amzn-oidc-data",
    "x-api-key",
    "x-goog-iap-jwt-assertion",
];

/// Headers whose values `Debug` shows.
const SHOWN_HEADERS: [&str; 5] = [
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-forwarded-for",
];

/// A delivery: one HTTP request to a webhook endpoint.
///
/// Its `Debug` shows the names of all headers, the values of some, and the length of the body: no
/// credentials, no signature and nothing of the event.
///
/// ```
/// use djstripe_core::Delivery;
///
/// let delivery = Delivery::new(Default::default(), r#"{"id":"evt_1","type":"ping"}"#);
/// assert!(delivery.signature().is_none());
/// ```
#[derive(Clone)]
pub struct Delivery {
    /// The request headers.
    pub headers: HeaderMap,
    /// The body, byte for byte as received: the signature covers exactly these bytes.
    pub body: Bytes,
    /// The remote end of the connection, if known.
    pub peer: Option<SocketAddr>,
}

impl Delivery {
    /// Creates a delivery from headers and a body, without a peer.
    pub fn new(headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            headers,
            body: body.into(),
            peer: None,
        }
    }

    /// Sets the remote end of the connection.
    #[must_use]
    pub fn from_peer(self, peer: SocketAddr) -> Self {
        Self {
            peer: Some(peer),
            ..self
        }
    }

    /// The `Stripe-Signature` header.
    pub fn signature(&self) -> Option<&[u8]> {
        self.headers
            .get("stripe-signature")
            .map(|value| value.as_bytes())
    }

    /// The address of the sender: the peer or, if the peer is a trusted proxy, the address that the
    /// proxies' `X-Forwarded-For` gives.
    ///
    /// Each proxy appends the address that it has seen, so the header is read from its end, all its
    /// lines as one, past the addresses in `trusted`. What is left of the first other address is the
    /// sender's own word and is not read. An entry that is no address ends the reading.
    ///
    /// Without a peer the result is 0.0.0.0, and the first time a warning is logged.
    ///
    /// ```
    /// use djstripe_core::Delivery;
    ///
    /// let forwarded = ("x-forwarded-for".parse()?, "198.51.100.7, 203.0.113.9, 10.0.0.2".parse()?);
    /// let delivery = Delivery::new([forwarded].into_iter().collect(), "");
    /// let delivery = delivery.from_peer("10.0.0.1:443".parse()?);
    /// assert_eq!(delivery.remote_address(&["10.0.0.0/8".parse()?]).to_string(), "203.0.113.9");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remote_address(&self, trusted: &[IpNet]) -> IpAddr {
        static UNKNOWN: Once = Once::new();

        let Some(peer) = self.peer.map(|peer| peer.ip().to_canonical()) else {
            UNKNOWN.call_once(|| {
                tracing::warn!(
                    "the remote address of deliveries is unknown and is recorded as 0.0.0.0; pass \
                     the peer's address to `Delivery::from_peer`"
                );
            });
            return Ipv4Addr::UNSPECIFIED.into();
        };

        let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.contains(address));
        let mut sender = peer;
        for entry in self.forwarded_for() {
            if !is_trusted(&sender) {
                break;
            }
            match entry {
                Some(address) => sender = address,
                None => break,
            }
        }
        sender
    }

    /// The entries of `X-Forwarded-For` from the last to the first, with or without a port; `None`
    /// for what is no address.
    fn forwarded_for(&self) -> impl Iterator<Item = Option<IpAddr>> {
        let lines = self.headers.get_all("x-forwarded-for").iter();
        let entries = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        let entries: Vec<&[u8]> = entries.collect();
        entries.into_iter().rev().map(|entry| {
            let entry = std::str::from_utf8(entry).ok()?.trim();
            address(entry).map(|address| address.to_canonical())
        })
    }

    /// Whether the sender calls itself Stripe. Anybody can.
    pub(crate) fn looks_like_stripe(&self) -> bool {
        let agent = self.headers.get("user-agent");
        agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Stripe/"))
    }

    /// The headers without credentials.
    pub(crate) fn public_headers(&self) -> Vec<(String, String)> {
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| !SECRET_HEADERS.contains(&name.as_str()));
        headers
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into(),
                )
            })
            .collect()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, value)| {
            let is_shown = SHOWN_HEADERS.contains(&name.as_str());
            let value = value.to_str().ok().filter(|_| is_shown);
            (name.as_str(), value.unwrap_or("…"))
        });
        formatter
            .debug_struct("Delivery")
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("peer", &self.peer)
            .finish()
    }
}

/// An address as an entry of `X-Forwarded-For` has it.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || {
        let address: Option<SocketAddr> = entry.parse().ok();
        address.map(|address| address.ip())
    };
    let in_brackets = || {
        let entry = entry.strip_prefix('[')?.strip_suffix(']')?;
        entry.parse().ok()
    };
    entry.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` separates the lines of the header.
    fn delivery(peer: Option<&str>, forwarded: Option<&str>) -> Delivery {
        let mut headers = HeaderMap::new();
        for line in forwarded.into_iter().flat_map(|lines| lines.split('|')) {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        Delivery {
            headers,
            body: Bytes::new(),
            peer: peer.map(|peer| peer.parse().unwrap()),
        }
    }

    #[test]
    fn forwarded_for_counts_only_from_trusted_proxies() {
        let trusted: [IpNet; 2] = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let check = |peer: Option<&str>, forwarded: Option<&str>, expected: &str| {
            let address = delivery(peer, forwarded).remote_address(&trusted);
            assert_eq!(
                address,
                expected.parse::<IpAddr>().unwrap(),
                "{peer:?} {forwarded:?}"
            );
        };

        check(None, Some("1.2.3.4"), "0.0.0.0");
        check(Some("5.6.7.8:1"), Some("1.2.3.4"), "5.6.7.8");
        check(Some("10.0.0.1:1"), None, "10.0.0.1");
        check(Some("10.0.0.1:1"), Some("1.2.3.4"), "1.2.3.4");
        let proxy = Some("10.0.0.1:1");
        check(proxy, Some("1.2.3.4:567, 10.0.0.2"), "1.2.3.4");
        check(proxy, Some("3.18.12.63, 203.0.113.9"), "203.0.113.9");
        check(
            proxy,
            Some("3.18.12.63, 5.6.7.8,10.0.0.2,\tfd00::2"),
            "5.6.7.8",
        );
        check(proxy, Some("3.18.12.63|203.0.113.9"), "203.0.113.9");
        check(
            proxy,
            Some("3.18.12.63|203.0.113.9, 10.0.0.3|10.0.0.2"),
            "203.0.113.9",
        );
        check(proxy, Some("10.0.0.3, 10.0.0.2"), "10.0.0.3");
        check(proxy, Some("1.2.3.4, unknown, 10.0.0.2"), "10.0.0.2");
        check(proxy, Some("1.2.3.4, nonsense"), "10.0.0.1");
        check(proxy, Some("1.2.3.4,"), "10.0.0.1");
        check(proxy, Some("unknown"), "10.0.0.1");
        check(proxy, Some(""), "10.0.0.1");
        check(proxy, Some("[1.2.3.4"), "10.0.0.1");

        check(proxy, Some("2001:db8::1"), "2001:db8::1");
        check(
            Some("[fd00::1]:1"),
            Some("[2001:db8::1]:443"),
            "2001:db8::1",
        );
        check(Some("[fd00::1]:1"), Some("[2001:db8::1]"), "2001:db8::1");
        check(
            Some("[::ffff:10.0.0.1]:1"),
            Some(" 1.2.3.4 ,5.6.7.8"),
            "5.6.7.8",
        );
        check(proxy, Some("1.2.3.4, ::ffff:10.0.0.9"), "1.2.3.4");
    }

    #[test]
    fn debug_shows_no_credentials_and_no_body() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer secret"),
            ("cookie", "secret"),
            ("stripe-signature", "t=1,v1=secret"),
            ("x-token-of-some-proxy", "secret"),
            ("user-agent", "Stripe/1.0"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let shown = format!("{:?}", Delivery::new(headers, r#"{"id":"secret"}"#));
        assert!(!shown.contains("secret"), "{shown}");
        for part in ["stripe-signature", "Stripe/1.0", "15 bytes"] {
            assert!(shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn credentials_are_not_among_the_stored_headers() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer sk_live_1".parse().unwrap());
        headers.insert("user-agent", "Stripe/1.0".parse().unwrap());
        let delivery = Delivery::new(headers, "");
        assert_eq!(
            delivery.public_headers(),
            [("user-agent".to_owned(), "Stripe/1.0".to_owned())]
        );
    }
}
