//! Reaching PostgreSQL: a URL becomes an address with its settings of TLS, and that a connection,
//! to the server itself or through a pooler.

mod parts;
mod password_file;
mod environment;
pub(super) mod settings;
mod certificates;
pub(super) mod connect_error;
mod process_id;
pub(super) mod pooler;

use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use environment::DEFAULT_PORT;
use settings::{Settings, TlsSettings};

use crate::store::error::StoreError;

/// The address of a server and how to connect to it.
#[derive(Clone)]
pub(in crate::store) struct Target {
    config: tokio_postgres::Config,
    tls: TlsSettings,
    make_tls: MakeRustlsConnect,
    /// The search path that each connection starts with, if it isn't the role's.
    search_path: Option<String>,
}

/// The half of a connection that must be driven.
pub(in crate::store) type Driver = tokio_postgres::Connection<
    tokio_postgres::Socket,
    <MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>>::Stream,
>;

/// A new connection: the client, and the half that must be driven.
pub(in crate::store) type Established = (tokio_postgres::Client, Driver);

/// How long sent data may stay unacknowledged before the connection is closed, unless the URL has a
/// `tcp_user_timeout`.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(20);

impl Target {
    pub(in crate::store) fn parse(
        url: &str,
        connect_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Settings { mut config, tls } = Settings::read(url, &variable)?;

        if config.get_application_name().is_none() {
            config.application_name("djstripe");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(connect_timeout);
        }
        if config.get_tcp_user_timeout().is_none() {
            // By default the system retransmits for a quarter of an hour before it reports a dead
            // connection.
            config.tcp_user_timeout(TCP_USER_TIMEOUT);
        }

        let make_tls = MakeRustlsConnect::new(certificates::client_config(&tls)?);
        Ok(Self {
            config,
            tls,
            make_tls,
            search_path: None,
        })
    }

    /// Sets the schemas that names are looked up in, from the start of each connection.
    pub(super) fn set_search_path(&mut self, path: &str) {
        let before = self.config.get_options().unwrap_or_default();
        let options = format!("{before} -c search_path={path}");
        self.config.options(options.trim_start().to_owned());
        self.search_path = Some(path.to_owned());
    }

    /// Warns if the certificate of the server is not checked although TLS is required.
    pub(super) fn warn_of_risks(&self) {
        if self.tls.is_verification_off {
            tracing::warn!(
                address = self.address(),
                "the certificate of PostgreSQL is not verified, as `sslverify=off` says: who can \
                 take over the connection can read and change all data"
            );
        }
    }

    /// Where the server listens, for people: `127.0.0.1:5432`, or several of those.
    pub(super) fn address(&self) -> String {
        let config = &self.config;
        let hosts: Vec<String> = match config.get_hostaddrs() {
            [] => config.get_hosts().iter().map(host_name).collect(),
            addresses => addresses.iter().map(ToString::to_string).collect(),
        };
        let port = |place: usize| {
            let ports = config.get_ports();
            // One port counts for all hosts.
            ports
                .get(place)
                .or(ports.first())
                .copied()
                .unwrap_or(DEFAULT_PORT)
        };
        let addresses = hosts.iter().enumerate();
        let addresses = addresses.map(|(place, host)| format!("{host}:{}", port(place)));
        addresses.collect::<Vec<_>>().join(", ")
    }
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    }
}

pub(in crate::store) async fn connect(
    target: &Target,
) -> Result<Established, tokio_postgres::Error> {
    target.config.connect(target.make_tls.clone()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::describe;

    #[test]
    fn an_unreadable_url_keeps_its_password_to_itself() {
        let check = |url: &str| {
            let error = Target::parse(url, Duration::from_secs(1)).map(drop);
            let text = describe(&error.unwrap_err());
            assert!(!text.contains("secret"), "{text}");
        };

        check("postgres://user:secret@host:port/d");
        check("postgres://user:x@secret?secret@host/d");
        check("postgres://user:secret@host/d?unknown=1");
        check("postgres://user:secret@host/d?sslmode=strict");
        check("postgres://user:secret@/d");
    }
}
