//! The document that explains a refusal.

use alloc::vec::Vec;

use crate::{AcceptSettings, Failure, Mechanism, Reason};

/// The refusal document of a token mechanism as JSON: with an OAuth error code for OAUTHBEARER
/// (<https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2>), with an HTTP status and the accepted
/// schemes for XOAUTH2, as Google and Dovecot send it. `None` where the mechanism has no document, or
/// where the cause does not lie in the token.
///
/// It tells the class of the refusal and what a token needs, and nothing else.
///
/// ```
/// use sasl_core::{AcceptSettings, Failure, Mechanism, Reason, document};
///
/// let settings = AcceptSettings::new().scope("mail");
/// let refused = Failure::Refused(Reason::TokenRejected);
/// let json = document(&settings, Mechanism::XOAuth2, refused).unwrap();
/// assert_eq!(json, br#"{"status":"401","schemes":"bearer","scope":"mail"}"#);
/// assert_eq!(document(&settings, Mechanism::Plain, refused), None);
/// ```
pub fn document(
    settings: &AcceptSettings,
    mechanism: Mechanism,
    failure: Failure,
) -> Option<Vec<u8>> {
    let (error, http) = status(failure).filter(|_| settings.explain)?;
    let mut json = Vec::with_capacity(128);
    match mechanism {
        Mechanism::OAuthBearer => push(&mut json, "status", error),
        Mechanism::XOAuth2 => {
            push(&mut json, "status", http);
            push(&mut json, "schemes", "bearer");
        }
        Mechanism::External | Mechanism::Login | Mechanism::Plain => return None,
    }
    if let Some(scope) = &settings.scope {
        push(&mut json, "scope", scope);
    }
    if let Some(url) = &settings.openid_configuration {
        push(&mut json, "openid-configuration", url);
    }
    json.push(b'}');
    Some(json)
}

fn status(failure: Failure) -> Option<(&'static str, &'static str)> {
    match failure {
        Failure::Malformed => Some(("invalid_request", "400")),
        Failure::Refused(reason) => match reason {
            Reason::CredentialsExpired | Reason::CredentialsRejected | Reason::TokenRejected => {
                Some(("invalid_token", "401"))
            }
            Reason::ScopeInsufficient => Some(("insufficient_scope", "403")),
            Reason::AdminRequired
            | Reason::AuthorizationDenied
            | Reason::Cancelled
            | Reason::Closed
            | Reason::EncryptionRequired
            | Reason::MechanismUnavailable
            | Reason::Referral
            | Reason::Temporary
            | Reason::TokenTooLong => None,
        },
        Failure::Cancelled | Failure::Unavailable => None,
    }
}

/// Adds a member, in the order in which it is to appear, which a map would not keep.
fn push(json: &mut Vec<u8>, name: &str, value: &str) {
    json.push(if json.is_empty() { b'{' } else { b',' });
    // Strings have no way to fail.
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    json.extend_from_slice(quoted(name).as_bytes());
    json.push(b':');
    json.extend_from_slice(quoted(value).as_bytes());
}
