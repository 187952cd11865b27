//! What is wrong with TLS or with the settings, in words for people.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
use sasl_core::Text;

use crate::verifier::SelfSigned;

/// Why there is no secure connection.
///
/// ```
/// let problem = mail_login_tls::TlsProblem::Expired;
/// assert_eq!(problem.kind(), "certificate-expired");
/// assert!(problem.to_string().contains("has expired"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsProblem {
    /// Something else is wrong with the certificate.
    #[error("the server's certificate cannot be used ({detail}): tell its administrator")]
    Certificate {
        /// What.
        detail: String,
    },
    /// The certificate has expired.
    #[error(
        "the server's certificate has expired: check this machine's clock, or tell the server's administrator"
    )]
    Expired,
    /// Anything else in the handshake.
    #[error("TLS does not work with this server ({detail}): check port and TLS mode")]
    Handshake {
        /// What.
        detail: String,
    },
    /// The server refuses our application protocol (ALPN).
    #[error(
        "the server's TLS says that it does not speak this protocol here (no_application_protocol): check host and port"
    )]
    NoApplicationProtocol,
    /// The certificate is not valid yet.
    #[error("the server's certificate is not valid yet: check this machine's clock")]
    NotYetValid,
    /// What came is not TLS.
    #[error("the server does not speak TLS on this port: use STARTTLS, or the port for TLS")]
    NotTls,
    /// The certificate has been revoked.
    #[error(
        "the server's certificate has been revoked: do not use this server, tell its administrator"
    )]
    Revoked,
    /// The certificate is signed by itself.
    #[error(
        "the server's certificate is self-signed: use one from an authority, and if that is your own, add its CA certificate"
    )]
    SelfSigned,
    /// The certificate comes from an authority that is not trusted here.
    #[error(
        "the server's certificate comes from an unknown issuer: if that authority is your own, add its CA certificate"
    )]
    UnknownIssuer,
    /// No version of TLS or no cipher in common.
    #[error("the server's TLS is too old or too restricted ({detail}): it needs TLS 1.2 or 1.3")]
    Unsupported {
        /// What.
        detail: String,
    },
    /// The certificate belongs to another name.
    #[error(
        "the server's certificate has the wrong name: it is for {presented}, not for {expected}; check the host name, or set the server name if that is meant"
    )]
    WrongName {
        /// The name that we verify.
        expected: String,
        /// The names that the certificate has.
        presented: String,
    },
}

impl TlsProblem {
    pub(crate) fn new(error: &Error) -> Self {
        let detail = || Text::new(error.to_string().as_bytes()).to_string();
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "not our enum, and non_exhaustive"
        )]
        match error {
            Error::InvalidCertificate(certificate) => Self::certificate(certificate),
            Error::AlertReceived(AlertDescription::NoApplicationProtocol)
            | Error::NoApplicationProtocol => Self::NoApplicationProtocol,
            Error::AlertReceived(
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity,
            )
            | Error::PeerIncompatible(_) => Self::unsupported(error),
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            _ => Self::Handshake { detail: detail() },
        }
    }

    fn unsupported(error: &Error) -> Self {
        Self::Unsupported {
            detail: error.to_string(),
        }
    }

    fn certificate(error: &CertificateError) -> Self {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "not our enum, and non_exhaustive"
        )]
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName => Self::WrongName {
                expected: "this server".to_string(),
                presented: "another name".to_string(),
            },
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => Self::WrongName {
                expected: expected.to_str().into_owned(),
                presented: names(presented),
            },
            CertificateError::Other(other) if other.0.is::<SelfSigned>() => Self::SelfSigned,
            CertificateError::Other(other) => Self::Certificate {
                detail: Text::new(other.0.to_string().as_bytes()).to_string(),
            },
            other => Self::Certificate {
                detail: Text::new(other.to_string().as_bytes()).to_string(),
            },
        }
    }

    /// A stable name for programs, in kebab-case.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Certificate { .. } => "certificate-invalid",
            Self::Expired => "certificate-expired",
            Self::Handshake { .. } => "tls-handshake",
            Self::NoApplicationProtocol => "tls-no-application-protocol",
            Self::NotYetValid => "certificate-not-yet-valid",
            Self::NotTls => "not-tls",
            Self::Revoked => "certificate-revoked",
            Self::SelfSigned => "certificate-self-signed",
            Self::UnknownIssuer => "certificate-unknown-issuer",
            Self::Unsupported { .. } => "tls-unsupported",
            Self::WrongName { .. } => "certificate-wrong-name",
        }
    }
}

/// The first names of a certificate, without rustls' notation around them: `DnsName("a.example")`,
/// `IpAddress(192.0.2.1)`. They are the server's text, so they are made harmless.
fn names(presented: &[String]) -> String {
    const SHOWN: usize = 4;
    let bare = |name: &String| {
        let inside = name
            .split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        let inside = inside.unwrap_or(name).trim_matches('"');
        Text::new(inside.as_bytes()).to_string()
    };
    let mut shown: Vec<_> = presented.iter().take(SHOWN).map(bare).collect();
    match presented.len() {
        0 => shown.push("no name at all".to_string()),
        1..=SHOWN => {}
        more => shown.push(alloc::format!("{} more", more - SHOWN)),
    }
    shown.join(", ")
}

/// Settings that cannot be used.
///
/// ```
/// use mail_login_tls::{Server, SettingsProblem};
///
/// let problem = Server::implicit_tls("mail.example.com", 993).extra_ca_pem(b"").unwrap_err();
/// assert!(matches!(problem, SettingsProblem::NoCertificate { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsProblem {
    /// A CA file that cannot be read.
    #[error("cannot read the CA file {path} ({cause}): check path and rights")]
    CaFile {
        /// Its path.
        path: String,
        /// What the operating system says.
        cause: String,
    },
    /// A CA certificate that is malformed.
    #[error("a certificate in {place} is malformed ({detail}): export it again, as PEM")]
    Malformed {
        /// Where.
        place: String,
        /// What is wrong.
        detail: String,
    },
    /// No certificate where one should be.
    #[error("there is no certificate in {place}: it must be PEM, with a line BEGIN CERTIFICATE")]
    NoCertificate {
        /// Where.
        place: String,
    },
    /// The machine trusts nobody.
    #[error(
        "this machine trusts no authority at all ({detail}): install its CA certificates, or add one"
    )]
    NoTrust {
        /// What the verifier says.
        detail: String,
    },
    /// A name that no certificate can have.
    #[error("the server name must be a host name in its A-label form or an IP address")]
    ServerName,
    /// No random numbers.
    #[error("the operating system gives no random numbers: nothing can be kept secret here")]
    Random,
}

impl SettingsProblem {
    /// A stable name for programs, in kebab-case.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CaFile { .. } => "ca-file",
            Self::Malformed { .. } => "ca-malformed",
            Self::NoCertificate { .. } => "ca-empty",
            Self::NoTrust { .. } => "no-trust",
            Self::ServerName => "server-name",
            Self::Random => "random",
        }
    }
}
