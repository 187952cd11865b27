//! What rustls is told, and what it tells.

use alloc::{sync::Arc, vec::Vec};

use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use sasl_core::Tls;

use crate::{Failure, SettingsProblem, TlsProblem, verifier::Explaining};

/// What a TLS handshake begins with: give both to rustls, tokio-rustls or futures-rustls.
///
/// ```no_run
/// # fn main() -> Result<(), mail_login_tls::Failure> {
/// let server = mail_login_tls::Server::implicit_tls("imap.example.com", 993);
/// let handshake = server.tls(Some("imap"))?;
/// assert_eq!(handshake.config.alpn_protocols, [b"imap"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handshake {
    /// Trust, versions, application protocol.
    pub config: Arc<ClientConfig>,
    /// The name that the certificate must have.
    pub name: ServerName<'static>,
}

/// The part of a configuration that is the same for all protocols. Reading the certificates of the
/// platform takes milliseconds, so a [`Server`](crate::Server) does this once.
pub(crate) fn base(extra: &[CertificateDer<'static>]) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Explaining::new(extra.to_vec(), provider.clone()).map_err(|error| {
        SettingsProblem::NoTrust {
            detail: alloc::format!("{error}"),
        }
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsProblem::new(&error))?
        // "Dangerous" is only that it could be any verifier; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // No ticket ties two users' connections together, and every connection verifies anew.
    config.resumption = Resumption::disabled();
    Ok(config)
}

pub(crate) fn with_alpn(base: &ClientConfig, alpn: Option<&str>) -> ClientConfig {
    let mut config = base.clone();
    config.alpn_protocols = alpn.iter().map(|name| Vec::from(name.as_bytes())).collect();
    config
}

/// What a finished handshake agreed on, for [`Observer::secured`](sasl_core::Observer::secured).
pub fn describe(connection: &ClientConnection) -> Tls<'_> {
    Tls {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "unknown",
        },
        alpn: connection.alpn_protocol(),
        certificate: connection
            .peer_certificates()
            .and_then(|chain| chain.first())
            .map(AsRef::as_ref),
    }
}
