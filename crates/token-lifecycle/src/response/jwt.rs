//! The expiry that a JWT names.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sasl_core::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::members::Scalar;
use crate::UnixTime;

/// When a token says that it expires (<https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4>). Its
/// signature is not checked, and access tokens need not be JWTs at all: this is a hint.
pub(super) fn expiry(token: &Secret) -> Option<UnixTime> {
    #[derive(Deserialize)]
    struct Claims {
        #[serde(default)]
        exp: Scalar,
    }

    let mut parts = token.expose().split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    // Five parts are encrypted.
    if parts.next().is_some() {
        return None;
    }
    let claims = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?);
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    claims.exp.seconds().map(UnixTime::from_secs)
}
