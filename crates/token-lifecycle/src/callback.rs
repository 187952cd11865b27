//! The answer that a browser brings back
//! (<https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2>).

use alloc::string::String;
use core::fmt;

use sasl_core::{Secret, Text};
use zeroize::Zeroizing;

use crate::{Redirect, State, form};

/// What the user, or the authorization server for him, answered.
///
/// ```
/// use token_lifecycle::Callback;
///
/// fn tell(callback: &Callback) -> String {
///     match callback {
///         Callback::Code(_) => "signed in".into(),
///         Callback::Refused(denial) => format!("{}: {}", denial.error(), denial.description()),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub enum Callback {
    /// Yes: a code that tokens are given for, within minutes and once.
    Code(Code),
    /// No.
    Refused(Denial),
}

/// An authorization code. Wiped when dropped, and not in `Debug`.
///
/// ```
/// use token_lifecycle::Code;
/// fn is_odd(code: &Code) -> bool { code.secret().expose().len() > 512 }
/// ```
pub struct Code(Secret);

impl Code {
    /// The code itself. Whoever has it, and the verifier, has the mailbox.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Why no code was given (<https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1>).
///
/// ```
/// use token_lifecycle::Denial;
/// fn try_later(denial: &Denial) -> bool { denial.is_temporary() }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    error: String,
    description: String,
}

impl Denial {
    /// The code of the error, as it came.
    pub fn error(&self) -> Text<'_> {
        Text::new(self.error.as_bytes())
    }

    /// What the server says about it to people. It decides nothing.
    pub fn description(&self) -> Text<'_> {
        Text::new(self.description.as_bytes())
    }

    /// Whether the user, or a policy for him, said no.
    pub fn is_by_user(&self) -> bool {
        self.error == "access_denied"
    }

    /// Whether the same question may be answered otherwise in a while.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self.error.as_str(),
            "server_error" | "temporarily_unavailable"
        )
    }
}

/// Why something that came to the redirect URI is no answer to our question. Holds nothing of it.
///
/// ```
/// use token_lifecycle::CallbackError;
///
/// fn status(error: CallbackError) -> u16 {
///     if error == CallbackError::OtherPath { 404 } else { 400 }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The question had its answer already.
    #[error("the question is answered already: begin a new sign-in")]
    Answered,
    /// A parameter that counts is there twice.
    #[error(
        "the answer has a parameter twice, so it is not clear what it says: begin a new sign-in"
    )]
    Duplicate,
    /// Neither code nor error, both, or malformed.
    #[error("the answer is malformed: begin a new sign-in")]
    Form,
    /// Another issuer.
    #[error(
        "another authorization server answered than the one that was asked: somebody may be trying to mix them up"
    )]
    Issuer,
    /// No issuer, although the server says that it always names itself.
    #[error("the answer does not name its authorization server, although this one always does")]
    IssuerMissing,
    /// Over 16 KiB.
    #[error("the answer has more than 16384 octets")]
    Length,
    /// Not the redirect URI.
    #[error("the request is for another place than the redirect URI")]
    OtherPath,
    /// Another state, or none.
    #[error(
        "the answer does not belong to this sign-in: use the address of the latest one, and copy it whole"
    )]
    State,
}

/// Longer answers are not looked into.
const LENGTH: usize = 16 << 10;

/// What an answer is compared with.
pub(crate) struct Expected<'a> {
    pub(crate) redirect: &'a Redirect,
    pub(crate) state: &'a State,
    pub(crate) issuer: Option<&'a str>,
    pub(crate) issuer_required: bool,
}

/// Reads an answer. Nothing in it is believed before its state and issuer have been compared.
pub(crate) fn parse(answer: &[u8], expected: &Expected<'_>) -> Result<Callback, CallbackError> {
    if answer.len() > LENGTH {
        return Err(CallbackError::Length);
    }
    let answer = core::str::from_utf8(answer).map_err(|_| CallbackError::Form)?;
    // What people paste has blanks around it, and browsers add a fragment of their own.
    let answer = answer.trim_ascii().split('#').next().unwrap_or_default();
    let (place, query) = answer.split_once('?').unwrap_or((answer, ""));
    if !expected.redirect.is_place_of(place) {
        return Err(CallbackError::OtherPath);
    }
    let parameters = Parameters::parse(query)?;

    let state = parameters
        .state
        .as_deref()
        .map_or("", |state| state.as_str());
    if !expected.state.matches(state) {
        return Err(CallbackError::State);
    }
    // <https://www.rfc-editor.org/rfc/rfc9207#section-2.4>: simple string comparison.
    match (parameters.issuer.as_deref(), expected.issuer) {
        (Some(issuer), Some(expected)) if issuer.as_str() != expected => {
            return Err(CallbackError::Issuer);
        }
        (None, _) if expected.issuer_required => return Err(CallbackError::IssuerMissing),
        (Some(_) | None, _) => {}
    }
    match (parameters.code, parameters.error) {
        (Some(code), None) => {
            // <https://www.rfc-editor.org/rfc/rfc6749#appendix-A.11>
            if !code.bytes().all(|octet| matches!(octet, 0x20..=0x7e)) {
                return Err(CallbackError::Form);
            }
            Ok(Callback::Code(Code(secret(code))))
        }
        (None, Some(error)) => Ok(Callback::Refused(Denial {
            error: String::from(error.as_str()),
            description: parameters
                .description
                .map(|text| String::from(text.as_str()))
                .unwrap_or_default(),
        })),
        (Some(_), Some(_)) | (None, None) => Err(CallbackError::Form),
    }
}

fn secret(mut text: Zeroizing<String>) -> Secret {
    Secret::from(core::mem::take(&mut *text))
}

/// The parameters that count, decoded; an empty one is none
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-3.1>).
#[derive(Default)]
struct Parameters {
    code: Option<Zeroizing<String>>,
    state: Option<Zeroizing<String>>,
    issuer: Option<Zeroizing<String>>,
    error: Option<Zeroizing<String>>,
    description: Option<Zeroizing<String>>,
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, CallbackError> {
        let mut parameters = Self::default();
        let mut seen = [false; 5];
        for (name, value) in form::pairs(query) {
            let name = form::decode(name).ok_or(CallbackError::Form)?;
            let [code, state, issuer, error, description] = &mut seen;
            let (seen, slot) = match name.as_str() {
                "code" => (code, &mut parameters.code),
                "state" => (state, &mut parameters.state),
                "iss" => (issuer, &mut parameters.issuer),
                "error" => (error, &mut parameters.error),
                "error_description" => (description, &mut parameters.description),
                _ => continue,
            };
            if core::mem::replace(seen, true) {
                return Err(CallbackError::Duplicate);
            }
            let value = form::decode(value).ok_or(CallbackError::Form)?;
            *slot = Some(value).filter(|value| !value.is_empty());
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests;
