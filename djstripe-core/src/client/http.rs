//! The HTTP client underneath: TLS, root certificates, HTTP/2.

use std::sync::Arc;

use super::error::ClientError;

/// An HTTP client that doesn't need a process-wide cryptography provider.
pub(crate) fn http() -> Result<reqwest::ClientBuilder, ClientError> {
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls()?))
}

/// TLS with the root certificates of the web, `ring` for cryptography, and HTTP/2 where the server
/// supports it.
fn tls() -> Result<rustls::ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let versions =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| ClientError::Setup(error.into()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
