//! Values that are refused before a byte is produced.

/// A value that cannot be used, found before a byte was produced. Never holds the value.
///
/// ```
/// use sasl_core::{Credentials, Invalid};
/// let refused = Credentials::bearer("user\u{1}auth=Bearer evil", "token").unwrap_err();
/// assert_eq!(refused, Invalid::UserControl);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Capabilities to assume that are not a list of names.
    #[error("assumed capabilities must be printable ASCII names with single spaces between them")]
    Capabilities,
    /// EHLO name.
    #[error("the client name must be a host name or an address literal such as [192.0.2.1]")]
    ClientName,
    /// Host name.
    #[error(
        "the host must be 1 to 255 printable ASCII characters without a space, in its A-label form"
    )]
    Host,
    /// Fields of the ID command.
    #[error(
        "identification takes at most 30 fields, names of 1 to 30 and values of at most 1024 printable ASCII characters, none twice"
    )]
    Identification,
    /// Password: empty.
    #[error("the password is empty")]
    PasswordEmpty,
    /// Password: NUL, CR or LF, or longer than 1024 octets.
    #[error("the password has a line break or NUL, or more than 1024 octets")]
    PasswordForm,
    /// Port zero.
    #[error("the port must be 1 to 65535")]
    Port,
    /// What an SMTP server calls itself.
    #[error("the server name must be a host name or an address literal such as [192.0.2.1]")]
    ServerName,
    /// IMAP tag prefix.
    #[error("the tag prefix must be 1 to 10 ASCII letters and digits")]
    TagPrefix,
    /// Text for clients, such as a greeting.
    #[error("the text must be 1 to 255 printable ASCII characters and no response code")]
    Text,
    /// Token: empty.
    #[error("the token is empty")]
    TokenEmpty,
    /// Token: an octet outside 0x21-0x7E.
    #[error(
        "the token has a space, a control or a non-ASCII character: pass it without quotes, line breaks or `Bearer`"
    )]
    TokenCharacter,
    /// Token: over 64 KiB.
    #[error("the token has more than 65536 octets")]
    TokenTooLong,
    /// User name: control character.
    #[error("the user name has a control character")]
    UserControl,
    /// User name: empty.
    #[error("the user name is empty")]
    UserEmpty,
    /// User name: too long.
    #[error("the user name has more octets than allowed (255)")]
    UserTooLong,
}
