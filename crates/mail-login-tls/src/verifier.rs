//! The verifier of the platform, with one more word about what it refuses.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;

/// Says no exactly when the platform's verifier does, and explains which no it is.
#[derive(Debug)]
pub(crate) struct Explaining(Verifier);

impl Explaining {
    pub(crate) fn new(
        extra: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        Verifier::new_with_extra_roots(extra, provider).map(Self)
    }
}

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|error| {
                if is_about_issuer(&error) && is_self_signed(end_entity) {
                    return CertificateError::Other(OtherError(Arc::new(SelfSigned))).into();
                }
                if error == CertificateError::BadSignature.into() {
                    // An authority of the same name with another key, such as one made anew.
                    return CertificateError::UnknownIssuer.into();
                }
                error
            })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Whether this refusal may come from a certificate that vouches for itself. `openssl req -x509`
/// marks its certificates as authorities, which is refused before the issuer is looked for.
fn is_about_issuer(error: &Error) -> bool {
    let Error::InvalidCertificate(why) = error else {
        return false;
    };
    if let CertificateError::Other(other) = why {
        return other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity);
    }
    *why == CertificateError::UnknownIssuer
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(certificate)
        .is_ok_and(|certificate| certificate.issuer() == certificate.subject())
}

/// The inside of a certificate error: issuer and subject are the same.
#[derive(Debug)]
pub(crate) struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("self-signed")
    }
}

impl core::error::Error for SelfSigned {}
