//! Where to, and how the way is protected.

use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use sasl_core::{Endpoint, Protocol};

use crate::{Deadline, Failure, Handshake, SettingsProblem, config};

/// A server, how it is trusted and how long it may take.
///
/// Keep the value, or clone it, where many logins go to the same server: the certificates of the
/// platform are read once for it and all its clones.
///
/// ```
/// use std::time::Duration;
/// use mail_login_tls::{Security, Server};
///
/// let server = Server::starttls("mail.example.com", 587).timeout(Duration::from_secs(5));
/// assert_eq!(server.security(), Security::StartTls);
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    address: Address,
    security: Security,
    name: Option<String>,
    extra: Vec<CertificateDer<'static>>,
    timeout: Duration,
    local: Option<IpAddr>,
    /// Shared by clones; a new one whenever the trust changes.
    config: Arc<OnceLock<ClientConfig>>,
}

/// Where a server listens.
///
/// ```
/// use mail_login_tls::{Address, Server};
///
/// let server = Server::implicit_tls("[::1]", 993);
/// assert_eq!(server.address(), &Address::Tcp { host: "::1".into(), port: 993 });
/// assert_eq!(server.address().to_string(), "[::1]:993");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A host name or IP address, and a port.
    Tcp {
        /// The host, an IPv6 address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket on this machine.
    Unix(PathBuf),
}

/// How the way to a server is protected.
///
/// ```
/// assert_ne!(mail_login_tls::Security::StartTls, mail_login_tls::Security::InClear);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first octet on.
    ImplicitTls,
    /// STARTTLS, which must succeed.
    StartTls,
    /// Not at all: a Unix socket, or because the caller insists.
    InClear,
}

impl Server {
    /// TLS from the first octet on, the best choice where it is offered (RFC 8314).
    pub fn implicit_tls(host: &str, port: u16) -> Self {
        Self::tcp(host, port, Security::ImplicitTls)
    }

    /// STARTTLS. It must succeed, or there is no login.
    pub fn starttls(host: &str, port: u16) -> Self {
        Self::tcp(host, port, Security::StartTls)
    }

    /// No TLS: whoever is on the way reads the credentials. For loopback and tests.
    pub fn dangerous_in_clear(host: &str, port: u16) -> Self {
        Self::tcp(host, port, Security::InClear)
    }

    /// A Unix socket. The file system protects it, so nothing is encrypted.
    #[cfg(unix)]
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::new(Address::Unix(path.into()), Security::InClear)
    }

    fn tcp(host: &str, port: u16, security: Security) -> Self {
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let host = bare.unwrap_or(host).into();
        Self::new(Address::Tcp { host, port }, security)
    }

    fn new(address: Address, security: Security) -> Self {
        Self {
            address,
            security,
            name: None,
            extra: Vec::new(),
            timeout: Duration::from_secs(20),
            local: None,
            config: Arc::default(),
        }
    }

    /// The name that the certificate must have, where that is not the host.
    pub fn server_name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Trusts these authorities (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When there is no certificate in it, or a malformed one.
    pub fn extra_ca_pem(self, pem: &[u8]) -> Result<Self, SettingsProblem> {
        self.extra_ca(pem, "the extra CA certificates")
    }

    /// Trusts the authorities in this file (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as for [`extra_ca_pem`](Self::extra_ca_pem).
    pub fn extra_ca_file(self, path: impl AsRef<Path>) -> Result<Self, SettingsProblem> {
        let shown = path.as_ref().display().to_string();
        let pem = fs::read(path).map_err(|cause| SettingsProblem::CaFile {
            path: shown.clone(),
            cause: cause.to_string(),
        })?;
        self.extra_ca(&pem, &shown)
    }

    fn extra_ca(mut self, pem: &[u8], place: &str) -> Result<Self, SettingsProblem> {
        let malformed = |detail: String| SettingsProblem::Malformed {
            place: place.into(),
            detail,
        };
        let before = self.extra.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| malformed(error.to_string()))?;
            // Found out here, where the caller knows which file it was.
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|error| malformed(error.to_string()))?;
            self.extra.push(certificate);
        }
        if self.extra.len() == before {
            return Err(SettingsProblem::NoCertificate {
                place: place.into(),
            });
        }
        self.config = Arc::default();
        Ok(self)
    }

    /// One deadline for looking up the name, connecting, STARTTLS, the TLS handshake and the login
    /// together. Default 20 seconds. A retry after a refusal has the same time again.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Connects from this local address.
    pub fn bind(mut self, local: IpAddr) -> Self {
        self.local = Some(local);
        self
    }

    /// Another server, by TLS from the first octet on, that is trusted in the same way and may take
    /// the same time. Nothing is read from the platform anew.
    pub fn elsewhere(&self, host: &str, port: u16) -> Self {
        Self {
            extra: self.extra.clone(),
            timeout: self.timeout,
            local: self.local,
            config: Arc::clone(&self.config),
            ..Self::implicit_tls(host, port)
        }
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// How the way there is protected.
    pub fn security(&self) -> Security {
        self.security
    }

    /// The name that the certificate must have; empty for a Unix socket.
    pub fn name(&self) -> &str {
        match (&self.name, &self.address) {
            (Some(name), _) => name,
            (None, Address::Tcp { host, .. }) => host,
            (None, Address::Unix(_)) => "",
        }
    }

    /// The local address to connect from.
    pub fn local(&self) -> Option<IpAddr> {
        self.local
    }

    /// The deadline of a login that begins now.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }

    /// Checks the address, fills in what the options of a protocol leave open (host and port for
    /// OAUTHBEARER), and gives them fresh random letters. A driver does this once per connection.
    ///
    /// # Errors
    ///
    /// When host or port cannot be used, or there is no randomness.
    pub fn prepare<P: Protocol>(&self, options: &mut P::Options) -> Result<(), Failure> {
        if let Address::Tcp { host, port } = &self.address {
            Endpoint::new(host, *port)?;
            let endpoint = Endpoint::new(self.name(), *port)?;
            let settings = P::settings(options);
            if settings.chosen_endpoint().is_none() {
                *settings = settings.clone().endpoint(endpoint);
            }
        }
        P::randomize(options, &random_letters()?);
        Ok(())
    }

    /// What to begin a TLS handshake with. `alpn` is [`Protocol::ALPN`]: it keeps an attacker from
    /// passing our connection on to another service with the same certificate (RFC 9325 §3.8).
    ///
    /// # Errors
    ///
    /// When the name cannot be in a certificate, or the platform trusts nobody.
    pub fn tls(&self, alpn: Option<&str>) -> Result<Handshake, Failure> {
        let name = ServerName::try_from(self.name().to_string())
            .map_err(|_| SettingsProblem::ServerName)?;
        let base = match self.config.get() {
            Some(base) => base,
            None => {
                let base = config::base(&self.extra)?;
                self.config.get_or_init(|| base)
            }
        };
        Ok(Handshake {
            config: Arc::new(config::with_alpn(base, alpn)),
            name,
        })
    }

    /// The addresses that can be reached from the local one, in the resolver's order.
    ///
    /// # Errors
    ///
    /// [`Failure::Resolve`] when there is none.
    pub fn reachable(
        &self,
        found: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Failure> {
        // Nobody has so many mail servers; a name with a thousand addresses is no reason to dial on.
        const TRIED: usize = 16;
        let fits = |to: &SocketAddr| self.local.is_none_or(|from| from.is_ipv4() == to.is_ipv4());
        let reachable: Vec<_> = found.into_iter().filter(fits).take(TRIED).collect();
        if reachable.is_empty() {
            return Err(Failure::Resolve {
                host: self.address.to_string(),
                cause: io::Error::new(io::ErrorKind::NotFound, "it has no address that fits"),
            });
        }
        Ok(reachable)
    }
}

impl core::fmt::Display for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => f.write_str(&format!("{}", path.display())),
        }
    }
}

fn random_letters() -> Result<[u8; 8], SettingsProblem> {
    let mut octets = [0; 8];
    ring::default_provider()
        .secure_random
        .fill(&mut octets)
        .map_err(|_| SettingsProblem::Random)?;
    // 256 is no multiple of 26; the bias is one part in ten and the rest is guess enough.
    Ok(octets.map(|octet| b'A' + octet % 26))
}
