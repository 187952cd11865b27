//! What we log in with.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{Invalid, Mechanism, Secret};

#[cfg(not(target_has_atomic = "ptr"))]
use alloc::rc::Rc as Shared;
#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc as Shared;

/// What we log in with, checked when it is made: nothing that could smuggle a field, a command or a
/// line break into a login ever becomes a value of this type.
///
/// Clones share one copy of the secret, which is wiped when the last clone is dropped.
///
/// ```
/// use sasl_core::{Credentials, Invalid, Kind};
///
/// let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM")?;
/// assert_eq!(credentials.kind(), Kind::Token);
/// assert_eq!(Credentials::bearer("user@example.com", "token\r\n").unwrap_err(), Invalid::TokenCharacter);
/// # Ok::<(), Invalid>(())
/// ```
#[derive(Clone)]
pub struct Credentials(Shared<Inner>);

struct Inner {
    kind: Kind,
    /// Whom to act as; empty for certificates and tokens that name nobody.
    user: String,
    /// The same as a GS2 `saslname`, where that differs.
    saslname: Option<String>,
    secret: Secret,
}

/// What kind of credentials. It decides the mechanisms; a token never goes out as a password.
///
/// ```
/// use sasl_core::{Kind, Mechanism};
/// assert!(Kind::Token.mechanisms().contains(&Mechanism::XOAuth2));
/// assert!(!Kind::Token.mechanisms().contains(&Mechanism::Plain));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A client certificate shown in the TLS handshake.
    Certificate,
    /// A password.
    Password,
    /// An OAuth access token.
    Token,
}

impl Kind {
    /// The mechanisms for this kind, the preferred one first.
    pub const fn mechanisms(self) -> &'static [Mechanism] {
        match self {
            Self::Certificate => &[Mechanism::External],
            Self::Password => &[Mechanism::Plain, Mechanism::Login],
            Self::Token => &[Mechanism::OAuthBearer, Mechanism::XOAuth2],
        }
    }
}

impl Credentials {
    /// An OAuth access token, and the user whose mailbox is meant. For a shared mailbox at
    /// Microsoft that is the mailbox, not the person who signed in.
    ///
    /// The token is the one the authorization server gave: octets 0x21-0x7E, at most 64 KiB,
    /// without `Bearer` (<https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12>).
    ///
    /// # Errors
    ///
    /// When user or token have a character that must not be there, or are too short or too long.
    pub fn bearer(user: &str, token: impl Into<Secret>) -> Result<Self, Invalid> {
        let token = token.into();
        check_user(user, USER)?;
        check_token(token.expose())?;
        Ok(Self::new(Kind::Token, user, token))
    }

    /// A token without a user: the server takes the user from the token. Only OAUTHBEARER has that
    /// form, and Dovecot refuses it, so name the user wherever there is one.
    ///
    /// # Errors
    ///
    /// As for [`bearer`](Self::bearer).
    pub fn bearer_alone(token: impl Into<Secret>) -> Result<Self, Invalid> {
        let token = token.into();
        check_token(token.expose())?;
        Ok(Self::new(Kind::Token, "", token))
    }

    /// No token at all, to make the server tell in its refusal which scope and which authorization
    /// server it wants (<https://www.rfc-editor.org/rfc/rfc7628#section-4.3>). Many servers count
    /// this as a failed login, so never do it unasked.
    ///
    /// # Errors
    ///
    /// When the user name has a character that must not be there.
    pub fn discovery(user: &str) -> Result<Self, Invalid> {
        check_user(user, USER)?;
        Ok(Self::new(Kind::Token, user, Secret::from("")))
    }

    /// A user name and a password, for accounts without OAuth.
    ///
    /// # Errors
    ///
    /// When one of them is empty, too long, or has a character that must not be there.
    pub fn password(user: &str, password: impl Into<Secret>) -> Result<Self, Invalid> {
        let password = password.into();
        check_user(user, USER)?;
        match password.expose().as_bytes() {
            [] => Err(Invalid::PasswordEmpty),
            octets
                if octets.len() > 1024 || octets.iter().any(|o| matches!(o, 0 | b'\r' | b'\n')) =>
            {
                Err(Invalid::PasswordForm)
            }
            _ => Ok(Self::new(Kind::Password, user, password)),
        }
    }

    /// The identity of the client certificate, and optionally whom to act as.
    ///
    /// # Errors
    ///
    /// When the user name has a control character or is too long.
    pub fn external(user: Option<&str>) -> Result<Self, Invalid> {
        user.map_or(Ok(()), |user| check_user(user, USER))?;
        Ok(Self::new(
            Kind::Certificate,
            user.unwrap_or_default(),
            Secret::from(""),
        ))
    }

    fn new(kind: Kind, user: &str, secret: Secret) -> Self {
        let saslname = user
            .contains([',', '='])
            .then(|| user.replace('=', "=3D").replace(',', "=2C"));
        Self(Shared::new(Inner {
            kind,
            user: user.into(),
            saslname,
            secret,
        }))
    }

    /// The same secret for another user, such as a shared mailbox; `limit` octets, at most 1024,
    /// instead of the usual 255.
    ///
    /// # Errors
    ///
    /// When the user name is empty, too long or has a control character.
    pub fn for_user(&self, user: &str, limit: usize) -> Result<Self, Invalid> {
        check_user(user, limit.min(1024))?;
        Ok(Self::new(self.0.kind, user, self.0.secret.clone()))
    }

    /// What kind of credentials these are.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether they can be used with a mechanism: it is of their kind, and has a form for what they
    /// leave out.
    pub fn fit(&self, mechanism: Mechanism) -> bool {
        let complete = match self.0.kind {
            Kind::Token => !self.0.user.is_empty() && !self.0.secret.expose().is_empty(),
            Kind::Certificate | Kind::Password => true,
        };
        self.0.kind.mechanisms().contains(&mechanism)
            && (complete || mechanism == Mechanism::OAuthBearer)
    }

    /// Whom to act as. Empty only for a certificate or token without one.
    pub fn user(&self) -> &str {
        &self.0.user
    }

    /// The user as a `saslname`: `,` and `=` escaped
    /// (<https://www.rfc-editor.org/rfc/rfc5801#section-4>).
    pub(crate) fn saslname(&self) -> &str {
        self.0.saslname.as_deref().unwrap_or(&self.0.user)
    }

    /// The token or password. Whoever calls this must keep it out of logs.
    pub fn secret(&self) -> &Secret {
        &self.0.secret
    }

    /// Whether the server's words hold our secret, plain or as base64.
    pub fn are_repeated_in(&self, text: &[u8]) -> bool {
        self.scrub(text) != text
    }

    /// Whether the secret stands in this text as it is. Allocates nothing. A secret of less than
    /// eight octets is not looked for: it would be found in innocent words.
    pub(crate) fn stand_in(&self, text: &[u8]) -> bool {
        let secret = self.0.secret.expose().as_bytes();
        // To search for all of a token, all of it would have to be prepared for the search.
        let Some(start) = secret.get(..8) else {
            return false;
        };
        memchr::memmem::find_iter(text, start)
            .any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(secret)))
    }

    /// The server's words without our secret, should it send it back to us, also as base64.
    pub fn scrub(&self, text: &[u8]) -> Vec<u8> {
        let clean = crate::secret::scrub(text, self.0.secret.expose());
        crate::base64::scrub(clean, self.0.secret.expose())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("kind", &self.0.kind)
            .field("user", &self.0.user)
            .finish_non_exhaustive()
    }
}

/// Octets of a user name, as many as any mail address has.
const USER: usize = 255;

/// No control character: XOAUTH2 has no escaping, and 0x01 separates the
/// fields of both token mechanisms, so a control character in the name could forge a field.
fn check_user(user: &str, limit: usize) -> Result<(), Invalid> {
    match user.as_bytes() {
        [] => Err(Invalid::UserEmpty),
        octets if octets.len() > limit => Err(Invalid::UserTooLong),
        octets if octets.iter().any(|o| matches!(o, 0..=0x1f | 0x7f)) => Err(Invalid::UserControl),
        _ => Ok(()),
    }
}

fn check_token(token: &str) -> Result<(), Invalid> {
    match token.as_bytes() {
        [] => Err(Invalid::TokenEmpty),
        octets if octets.len() > 65536 => Err(Invalid::TokenTooLong),
        octets if !octets.iter().all(|o| matches!(o, 0x21..=0x7e)) => Err(Invalid::TokenCharacter),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
