//! Addresses to listen on, as they are written on a command line.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

use super::exit::CommandError;

/// A host and a port, such as `127.0.0.1:4242`, `[::1]:4242`, `localhost:4242` or `:4242`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenAddress {
    /// Empty for all interfaces of this machine.
    host: String,
    port: u16,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "expected an address and a port, such as 127.0.0.1:4242, [::1]:4242 or localhost:4242, or :4242 \
     for all interfaces"
)]
pub(super) struct ListenAddressError;

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, ListenAddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(ListenAddressError)?;
        let port = port.parse().map_err(|_| ListenAddressError)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => {
                let inner = rest.strip_suffix(']').ok_or(ListenAddressError)?;
                inner.parse::<Ipv6Addr>().map_err(|_| ListenAddressError)?;
                inner
            }
            None => host,
        };

        let is_ipv6 = host.parse::<Ipv6Addr>().is_ok() && text.starts_with('[');
        let is_in_name = |it: char| it.is_ascii_alphanumeric() || "-._".contains(it);
        if !is_ipv6 && !host.chars().all(is_in_name) {
            return Err(ListenAddressError);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

impl ListenAddress {
    /// Looks a name up, and binds the first of its addresses that can be bound.
    pub(super) async fn bind(&self) -> Result<TcpListener, CommandError> {
        let bound = match self.candidates().await {
            Ok(candidates) => TcpListener::bind(&*candidates).await,
            Err(error) => Err(error),
        };
        bound.map_err(|error| format!("failed to listen on {self}: {error}").into())
    }

    /// The addresses to try, in this order.
    async fn candidates(&self) -> io::Result<Vec<SocketAddr>> {
        let port = self.port;
        if self.host.is_empty() {
            // A socket of IPv6 takes connections of both kinds, where the system has IPv6.
            return Ok(vec![
                (Ipv6Addr::UNSPECIFIED, port).into(),
                (Ipv4Addr::UNSPECIFIED, port).into(),
            ]);
        }

        let found = tokio::net::lookup_host((&*self.host, port)).await?;
        let mut candidates: Vec<SocketAddr> = found.collect();
        // Clients that know `127.0.0.1` alone find the server, too.
        candidates.sort_by_key(SocketAddr::is_ipv6);
        Ok(candidates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for text in [
            "127.0.0.1:4242",
            "0.0.0.0:0",
            "[::1]:4242",
            "[::]:4242",
            "localhost:4242",
            "shop_1.internal-net:80",
            ":4242",
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "",
            "4242",
            "localhost",
            "localhost:",
            "localhost:http",
            "localhost:65536",
            "::1:4242",
            "[::1]",
            "[localhost]:1",
            "[::1:4242",
            "http://localhost:4242",
            "a b:1",
        ] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn each_kind_of_address_is_bound() {
        let bound = async |text: &str| {
            let address: ListenAddress = text.parse().unwrap();
            address.bind().await.unwrap().local_addr().unwrap()
        };
        assert!(bound("127.0.0.1:0").await.ip().is_loopback());
        assert_eq!(bound("localhost:0").await.ip(), Ipv4Addr::LOCALHOST);
        assert!(bound(":0").await.ip().is_unspecified());

        let first: ListenAddress = "127.0.0.1:0".parse().unwrap();
        let listener = first.bind().await.unwrap();
        let taken = listener.local_addr().unwrap().to_string();
        let second: ListenAddress = taken.parse().unwrap();
        let error = second.bind().await.unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("failed to listen on {taken}: ")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn all_interfaces_take_connections_to_this_machine() {
        let address: ListenAddress = ":0".parse().unwrap();
        let listener = address.bind().await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
    }
}
