//! A certificate authority that lives as long as the test.

use alloc::{string::String, sync::Arc, vec, vec::Vec};
use core::fmt;
use std::io;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// The names in every good certificate: how this machine calls itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A private certificate authority, made on the spot; nobody trusts it but who is told to.
///
/// ```
/// use mail_testbed::Authority;
///
/// let authority = Authority::new()?;
/// assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// let server = authority.server_config(&["mail.example.com"])?;
/// assert!(server.alpn_protocols.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Makes an authority with a key of its own.
    ///
    /// # Errors
    ///
    /// The operating system gives no random numbers.
    pub fn new() -> io::Result<Self> {
        let mut params = named("mail-testbed authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Strict libraries, such as that of Python 3.13, take no authority that does not say this.
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        CertifiedIssuer::self_signed(params, key)
            .map(Self)
            .map_err(io::Error::other)
    }

    /// The certificate to trust, as a PEM file has it.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// The certificate to trust, as rustls takes it.
    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server on `localhost`, `127.0.0.1`, `::1` and the given names, with a certificate that is
    /// valid.
    ///
    /// There is no ALPN; a server that has some sets `alpn_protocols` of what it gets.
    ///
    /// # Errors
    ///
    /// A name is not one that a certificate can hold.
    pub fn server_config(&self, names: &[&str]) -> io::Result<ServerConfig> {
        let names: Vec<&str> = LOOPBACK.iter().chain(names).copied().collect();
        self.sign(named("mail-testbed server", &names)?)
    }

    /// As [`server_config`](Self::server_config), with a certificate that expired years ago.
    ///
    /// # Errors
    ///
    /// A name is not one that a certificate can hold.
    pub fn expired(&self, names: &[&str]) -> io::Result<ServerConfig> {
        let names: Vec<&str> = LOOPBACK.iter().chain(names).copied().collect();
        let mut params = named("mail-testbed server", &names)?;
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        self.sign(params)
    }

    /// A server whose certificate is valid, and for these names alone: not for loopback.
    ///
    /// ```
    /// # use mail_testbed::Authority;
    /// let wrong = Authority::new()?.only_for(&["elsewhere.example.com"])?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A name is not one that a certificate can hold.
    pub fn only_for(&self, names: &[&str]) -> io::Result<ServerConfig> {
        self.sign(named("mail-testbed server", names)?)
    }

    fn sign(&self, mut params: CertificateParams) -> io::Result<ServerConfig> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Nor a certificate that does not say whose key has signed it.
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.0).map_err(io::Error::other)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The provider is named, so that one that the program has installed makes no difference.
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map_err(io::Error::other)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(…)")
    }
}

fn named(common_name: &str, names: &[&str]) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    Ok(params)
}
