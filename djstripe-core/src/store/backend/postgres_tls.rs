//! Connecting to PostgreSQL, with TLS as the URL's `sslmode` requests:
//!
//! - `disable`: no TLS.
//! - `prefer`, the default: TLS if the server supports it, without checking its certificate.
//! - `require`, `verify-ca`, `verify-full`: TLS, and the server's certificate and name are checked
//!   against the certificates in the file `sslrootcert`, or against Mozilla's list if the URL names
//!   none.
//!
//! Source:
//! [libpq's URLs](https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING).

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::BoxError;
use crate::store::error::StoreError;

/// The address of a server and how to connect to it.
#[derive(Clone)]
pub(in crate::store) struct Target {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

/// A new connection: the client, and the half that must be driven.
pub(in crate::store) type Established = (
    tokio_postgres::Client,
    tokio_postgres::Connection<
        tokio_postgres::Socket,
        <MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>>::Stream,
    >,
);

/// The port of a URL without one.
const DEFAULT_PORT: u16 = 5432;

/// How long sent data may stay unacknowledged before the connection is closed, unless the URL has a
/// `tcp_user_timeout`.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(20);

impl Target {
    pub(in crate::store) fn parse(
        url: &str,
        connect_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let (url, roots_file) = for_tokio_postgres(url);
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|error: tokio_postgres::Error| {
                // If the password contains a stray `@`, its remainder is parsed as an option, which
                // the error quotes.
                StoreError::InvalidUrl((url.matches('@').count() <= 1).then(|| error.into()))
            })?;

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

        let tls = client_config(config.get_ssl_mode(), roots_file.as_deref())?;
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls),
        })
    }
}

impl Target {
    /// Sets the schemas that names are looked up in, from the start of each connection.
    pub(super) fn set_search_path(&mut self, path: &str) {
        let before = self.config.get_options().unwrap_or_default();
        let options = format!("{before} -c search_path={path}");
        self.config.options(options.trim_start().to_owned());
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
    target.config.connect(target.tls.clone()).await
}

/// The URL without the parameters that tokio-postgres doesn't know, and the value of `sslrootcert`.
fn for_tokio_postgres(url: &str) -> (String, Option<String>) {
    let Some((address, query)) = url.rsplit_once('?') else {
        return (url.to_owned(), None);
    };

    let mut roots_file = None;
    let mut kept = Vec::new();
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
            Some(("sslrootcert", file)) => roots_file = Some(percent_decoded(file)),
            _ => kept.push(parameter),
        }
    }

    let separator = if kept.is_empty() { "" } else { "?" };
    (
        format!("{address}{separator}{}", kept.join("&")),
        roots_file,
    )
}

fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn client_config(mode: SslMode, roots_file: Option<&str>) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());

    let verifier: Arc<dyn ServerCertVerifier> = match mode {
        SslMode::Require => {
            let path = roots_file.unwrap_or("Mozilla's list");
            let unusable = |source: BoxError| StoreError::RootCertificates {
                path: path.to_owned(),
                source,
            };
            let roots = match roots_file {
                Some(path) if path != "system" => read_roots(path).map_err(unusable)?,
                _ => RootCertStore {
                    roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
                },
            };
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| unusable(error.into()))?
        }
        _ => Arc::new(AcceptAny(Arc::clone(&provider))),
    };

    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Connect(error.into()))?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn read_roots(path: &str) -> Result<RootCertStore, BoxError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    Ok(roots)
}

/// Accepts any certificate. `prefer` makes no promise about the server's identity: an attacker who
/// can forge the certificate can also claim that the server has no TLS.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_hosted_databases_are_understood() {
        let check = |url: &str, expected: &str, roots: Option<&str>| {
            assert_eq!(
                for_tokio_postgres(url),
                (expected.to_owned(), roots.map(str::to_owned)),
                "{url}"
            );
        };

        check("postgres://h/d", "postgres://h/d", None);
        check(
            "postgres://h/d?sslmode=verify-full",
            "postgres://h/d?sslmode=require",
            None,
        );
        check(
            "postgres://h/d?sslmode=verify-ca&options=x",
            "postgres://h/d?sslmode=require&options=x",
            None,
        );
        check(
            "postgres://h/d?sslrootcert=/etc/my%20ca.pem",
            "postgres://h/d",
            Some("/etc/my ca.pem"),
        );
        check(
            "postgres://u:p?w@h/d?sslmode=disable",
            "postgres://u:p?w@h/d?sslmode=disable",
            None,
        );
    }

    #[test]
    fn an_unreadable_url_keeps_its_password_to_itself() {
        let check = |url: &str| {
            let error: BoxError = Target::parse(url, Duration::from_secs(1))
                .map(drop)
                .unwrap_err()
                .into();

            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str(&cause.to_string());
                source = cause.source();
            }
            assert!(!text.contains("secret"), "{text}");
        };

        check("postgres://user:secret@host:port/d");
        check("postgres://user:x@secret?secret@host/d");
        check("postgres://user:secret@host/d?unknown=1");
    }

    #[test]
    fn a_missing_file_of_certificates_is_named() {
        let error = Target::parse(
            "postgres://h/d?sslmode=verify-full&sslrootcert=/none.pem",
            Duration::ZERO,
        );
        assert_eq!(
            error.map(drop).unwrap_err().to_string(),
            "failed to read root certificates from `/none.pem`"
        );
    }
}
