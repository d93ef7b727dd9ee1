//! A delivery: one HTTP request from Stripe, before anything about it is verified.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;
use bytes::Bytes;
use ipnet::IpNet;

/// Headers that can carry credentials. They are not stored.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// A delivery: one HTTP request to a webhook endpoint.
///
/// ```
/// use djstripe_core::Delivery;
///
/// let delivery = Delivery::new(Default::default(), r#"{"id":"evt_1","type":"ping"}"#);
/// assert!(delivery.signature().is_none());
/// ```
#[derive(Clone, Debug)]
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

    /// The address of the sender: the peer, or the first entry of `X-Forwarded-For` if the peer is
    /// a trusted proxy.
    ///
    /// The header counts only if the peer is one of `trusted`, because any sender can set it.
    /// Without a peer the result is 0.0.0.0, and a warning is logged.
    pub fn remote_address(&self, trusted: &[IpNet]) -> IpAddr {
        let Some(peer) = self.peer.map(|peer| peer.ip().to_canonical()) else {
            tracing::warn!("the remote address of a delivery is unknown; recording 0.0.0.0");
            return Ipv4Addr::UNSPECIFIED.into();
        };

        if !trusted.iter().any(|proxy| proxy.contains(&peer)) {
            return peer;
        }
        self.forwarded_for().unwrap_or(peer)
    }

    /// The first entry of `X-Forwarded-For`, with or without a port.
    fn forwarded_for(&self) -> Option<IpAddr> {
        let value = self.headers.get("x-forwarded-for")?.to_str().ok()?;
        let first = value.split(',').next()?.trim();
        let address = first
            .parse()
            .or_else(|_| first.parse().map(|address: SocketAddr| address.ip()));
        address
            .or_else(|_| first.trim_start_matches('[').trim_end_matches(']').parse())
            .ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(peer: Option<&str>, forwarded: Option<&str>) -> Delivery {
        let mut headers = HeaderMap::new();
        if let Some(forwarded) = forwarded {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
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
        check(Some("10.0.0.1:1"), Some("1.2.3.4:567, 10.0.0.2"), "1.2.3.4");
        check(Some("10.0.0.1:1"), Some("2001:db8::1"), "2001:db8::1");
        check(
            Some("[fd00::1]:1"),
            Some("[2001:db8::1]:443"),
            "2001:db8::1",
        );
        check(Some("[fd00::1]:1"), Some("[2001:db8::1]"), "2001:db8::1");
        check(
            Some("[::ffff:10.0.0.1]:1"),
            Some(" 1.2.3.4 ,5.6.7.8"),
            "1.2.3.4",
        );
        check(Some("10.0.0.1:1"), Some("unknown"), "10.0.0.1");
        check(Some("10.0.0.1:1"), Some(""), "10.0.0.1");
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
