//! Where providers differ from each other.

/// Whether and how a person is asked at `/authorize`.
///
/// ```
/// use mail_testbed::{Approval, Provider, ProviderOptions};
///
/// let provider = Provider::start(ProviderOptions::new().approval(Approval::Form))?;
/// provider.set_approval(Approval::Denied);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Approval {
    /// The first user, or whom `login_hint` names, agrees at once.
    Automatic,
    /// The user refuses at once.
    Denied,
    /// There is a page with a form: name, password, *Allow* and *Deny*.
    Form,
}

/// How the answer of the token endpoint says when the token expires.
/// <https://www.rfc-editor.org/rfc/rfc6749#section-5.1>
///
/// ```
/// use mail_testbed::{ExpiresIn, ProviderOptions};
///
/// let odd = ProviderOptions::new().expires_in(ExpiresIn::Text);
/// # let _ = odd;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ExpiresIn {
    /// As a number, as it should be.
    Number,
    /// Not at all.
    Omitted,
    /// As a string of digits.
    Text,
    /// As zero, though the token is good.
    Zero,
}

/// What becomes of a refresh token when it is used.
///
/// ```
/// use mail_testbed::{ProviderOptions, Rotation};
///
/// let lasting = ProviderOptions::new().rotation(Rotation::Keep);
/// # let _ = lasting;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Rotation {
    /// It stays as it is, and the answer says nothing about it.
    Keep,
    /// There are none.
    Never,
    /// A new one takes its place. Whoever uses the old one again loses everything that came of this
    /// grant. <https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2>
    Rotate,
}

/// What an access token looks like.
///
/// ```
/// use mail_testbed::{ProviderOptions, TokenFormat};
///
/// let options = ProviderOptions::new().format(TokenFormat::Opaque);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenFormat {
    /// A JWT signed with ES256, whose key is at `/jwks`.
    /// <https://www.rfc-editor.org/rfc/rfc9068>
    Jwt,
    /// A random string that says nothing.
    Opaque,
}
