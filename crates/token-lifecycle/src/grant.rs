//! The kinds of grants.

/// By which grant tokens are asked for. It decides what a refusal means: the same `invalid_grant`
/// ends a sign-in that takes too long, and says nothing about a code that was used twice.
///
/// ```
/// assert_eq!(token_lifecycle::GrantKind::RefreshToken.name(), "refresh_token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// A code from the browser (<https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3>).
    AuthorizationCode,
    /// The client's own credentials (<https://www.rfc-editor.org/rfc/rfc6749#section-4.4>).
    ClientCredentials,
    /// A code shown on a device (<https://www.rfc-editor.org/rfc/rfc8628#section-3.4>).
    DeviceCode,
    /// A signed assertion (<https://www.rfc-editor.org/rfc/rfc7523#section-2.1>).
    JwtBearer,
    /// The user's password (<https://www.rfc-editor.org/rfc/rfc6749#section-4.3>), which RFC 9700
    /// rules out for anything new.
    Password,
    /// A refresh token (<https://www.rfc-editor.org/rfc/rfc6749#section-6>).
    RefreshToken,
}

impl GrantKind {
    /// The value of `grant_type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// Whether the grant can be sent again and again, without the user.
    pub const fn is_repeatable(self) -> bool {
        match self {
            Self::ClientCredentials | Self::JwtBearer | Self::Password => true,
            Self::AuthorizationCode | Self::DeviceCode | Self::RefreshToken => false,
        }
    }
}
