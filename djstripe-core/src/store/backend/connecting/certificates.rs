//! TLS to PostgreSQL: whose certificates are accepted, which one is shown, and why one is refused.
//!
//! Invariant: a certificate that the URL asks to check is checked, or there is no connection.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use super::settings::{Check, TlsSettings};
use crate::error::BoxError;
use crate::store::error::StoreError;

/// How to encrypt connections.
pub(super) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = match settings.check {
        Check::Nothing => Verifier::new(Check::Nothing, Vec::new(), &provider),
        check => match &settings.roots {
            None => Verifier {
                roots: RootCertStore {
                    roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
                },
                ..Verifier::new(check, Vec::new(), &provider)
            },
            Some(path) => certificates(path)
                .and_then(|roots| Verifier::trusting(check, roots, &provider))
                .map_err(|source| StoreError::RootCertificates {
                    path: path.clone(),
                    source,
                })?,
        },
    };

    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Connect(error.into()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let Some((certificate, key)) = &settings.client else {
        return Ok(builder.with_no_client_auth());
    };
    let unusable = |path: &str, source: BoxError| StoreError::ClientCertificate {
        path: path.to_owned(),
        source,
    };
    let chain = certificates(certificate).map_err(|source| unusable(certificate, source))?;
    let key_pem = PrivateKeyDer::from_pem_file(key).map_err(|it| unusable(key, it.into()))?;
    builder
        .with_client_auth_cert(chain, key_pem)
        .map_err(|error| unusable(key, error.into()))
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)?.collect();
    let certificates = certificates?;
    if certificates.is_empty() {
        return Err("there is no certificate in it".into());
    }
    Ok(certificates)
}

/// What to do about a certificate that was refused.
pub(super) fn advice(settings: &TlsSettings, error: &rustls::Error) -> String {
    let roots = match &settings.roots {
        Some(path) => format!("`{path}`"),
        None => "Mozilla's list".to_owned(),
    };
    match error {
        // The signature is bad if another authority has the same name, as a new one after the old.
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => format!(
            "no authority of {roots} has signed the server's certificate; name the file of the \
             one that has, `sslrootcert=FILE`, or give up verification, `sslmode=require` and \
             `sslverify=off`"
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "name the server as its certificate does, or check only who signed it, \
             `sslmode=verify-ca` and `sslrootcert=FILE`"
            .to_owned(),
        rustls::Error::InvalidCertificate(_) => {
            "renew the server's certificate, or give up verification, `sslmode=require` and \
             `sslverify=off`"
                .to_owned()
        }
        // The server has looked at the client's certificate.
        rustls::Error::AlertReceived(_) => {
            "the server's log says why; a client certificate is given with `sslcert` and `sslkey`"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// Checks certificates as libpq does.
#[derive(Debug)]
struct Verifier {
    check: Check,
    roots: RootCertStore,
    /// The certificates of the file of roots. A server may show one of them itself, though it be an
    /// authority's, which rustls refuses.
    pinned: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        check: Check,
        pinned: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Self {
        Self {
            check,
            roots: RootCertStore::empty(),
            pinned,
            provider: Arc::clone(provider),
        }
    }

    fn trusting(
        check: Check,
        certificates: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, BoxError> {
        let mut verifier = Self::new(check, certificates, provider);
        for certificate in &verifier.pinned {
            verifier.roots.add(certificate.clone())?;
        }
        Ok(verifier)
    }

    fn check_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        certificate: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let signed = verify_server_cert_signed_by_trust_anchor(
            certificate,
            &self.roots,
            intermediates,
            now,
            algorithms,
        );
        match signed {
            Err(error) if is_outdated(&error) || !self.pinned.contains(end_entity) => Err(error),
            _ => Ok(()),
        }
    }
}

fn is_outdated(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        )
    )
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.check != Check::Nothing {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            self.check_chain(end_entity, &certificate, intermediates, now)?;
            if self.check == Check::ChainAndName {
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    struct Authority(CertifiedIssuer<'static, KeyPair>);

    impl Authority {
        /// An authority whose certificate is also one for this name.
        fn new(name: &str) -> Self {
            let mut params = CertificateParams::new([name.to_owned()]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let own_name = uuid::Uuid::new_v4().to_string();
            params.distinguished_name.push(DnType::CommonName, own_name);
            params.not_after = rcgen::date_time_ymd(2050, 1, 1);
            let key = KeyPair::generate().unwrap();
            Self(CertifiedIssuer::self_signed(params, key).unwrap())
        }

        fn root(&self) -> CertificateDer<'static> {
            self.0.der().clone()
        }

        fn signed(&self, name: &str) -> CertificateDer<'static> {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new([name.to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(2050, 1, 1);
            params.signed_by(&key, &self.0).unwrap().der().clone()
        }
    }

    #[test]
    fn certificates_are_checked_as_the_mode_says() {
        let (ours, other) = (Authority::new("db"), Authority::new("db"));
        let (here, elsewhere) = (ours.signed("db"), ours.signed("elsewhere"));
        let self_signed = {
            let params = CertificateParams::new(["db".to_owned()]).unwrap();
            let key = KeyPair::generate().unwrap();
            params.self_signed(&key).unwrap().der().clone()
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
        let late = UnixTime::since_unix_epoch(DAY * 365 * 90);
        let provider = Arc::new(rustls::crypto::ring::default_provider());

        let check = |check: Check,
                     roots: &[&CertificateDer<'static>],
                     shown: &CertificateDer<'static>,
                     time: UnixTime,
                     expected: &str| {
            let roots = roots.iter().map(|root| (*root).clone()).collect();
            let verifier = Verifier::trusting(check, roots, &provider).unwrap();
            let name = ServerName::try_from("db").unwrap();
            let verified = verifier.verify_server_cert(shown, &[], &name, &[], time);
            let said = verified.map_or_else(|error| format!("{error:?}"), |_| "fine".to_owned());
            assert!(said.contains(expected), "{check:?}: {said}, not {expected}");
        };

        use Check::{Chain, ChainAndName, Nothing};
        let (ours, other) = (ours.root(), other.root());
        check(ChainAndName, &[&ours], &here, now, "fine");
        check(ChainAndName, &[&ours], &elsewhere, now, "NotValidForName");
        check(ChainAndName, &[&other], &here, now, "UnknownIssuer");
        check(ChainAndName, &[&other, &ours], &here, now, "fine");
        check(Chain, &[&ours], &elsewhere, now, "fine");
        check(Chain, &[&other], &here, now, "UnknownIssuer");
        check(Chain, &[&ours], &elsewhere, late, "Expired");
        check(Nothing, &[], &elsewhere, late, "fine");

        // A certificate that is its own root, an authority's or not.
        for own in [&ours, &self_signed] {
            check(ChainAndName, &[own], own, now, "fine");
            check(Chain, &[&other, own], own, now, "fine");
        }
        check(ChainAndName, &[&ours], &ours, late, "Expired");
        check(Chain, &[&other], &ours, now, "InvalidCertificate");
        check(Chain, &[&other], &self_signed, now, "UnknownIssuer");
    }

    #[test]
    fn a_file_that_can_not_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name).display().to_string();
            std::fs::write(&path, text).unwrap();
            path
        };
        let (empty, none) = (file("empty.pem", ""), "/none.pem".to_owned());
        let pem = Authority::new("db").0.pem();
        let certificate = file("certificate.pem", &pem);

        let check = |roots: Option<&String>, client: Option<(&String, &String)>, named: &String| {
            let settings = TlsSettings {
                check: Check::ChainAndName,
                roots: roots.cloned(),
                client: client.map(|(certificate, key)| (certificate.clone(), key.clone())),
                is_verification_off: false,
            };
            let error = client_config(&settings).unwrap_err().to_string();
            assert!(error.contains(&format!("`{named}`")), "{error}");
        };
        check(Some(&none), None, &none);
        check(Some(&empty), None, &empty);
        check(None, Some((&none, &none)), &none);
        check(None, Some((&certificate, &empty)), &empty);
    }
}
