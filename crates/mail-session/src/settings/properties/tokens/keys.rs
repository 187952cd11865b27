//! The keys of both families.

use super::super::known::Inert;
use crate::settings::Severity;

pub(in super::super) const KEYS: &[&str] = &[
    OIDC.token_endpoint,
    OIDC.client_id,
    OIDC.client_secret,
    OIDC.scope,
    OIDC.early,
    OIDC.wait,
    OIDC.recover,
    OIDC.name_part,
    OAUTH.token_endpoint,
    OAUTH.client_id,
    OAUTH.client_secret,
    OAUTH.scope,
    OAUTH.early,
    OAUTH.wait,
    OAUTH.recover,
    OAUTH.name_part,
    AUTHORIZATION_ENDPOINT,
    ISSUER,
    PASSWORD_GRANT,
    REFRESH_ON_FAILURE,
    KEEP_PASSWORD,
];

/// What is in both families, each with its own names.
pub(super) struct Family {
    pub(super) token_endpoint: &'static str,
    pub(super) client_id: &'static str,
    pub(super) client_secret: &'static str,
    pub(super) scope: &'static str,
    /// In milliseconds in one family, and in seconds in the other.
    pub(super) early: &'static str,
    pub(super) wait: &'static str,
    pub(super) recover: &'static str,
    pub(super) name_part: &'static str,
}

pub(super) const OIDC: Family = Family {
    token_endpoint: "com.openexchange.oidc.opTokenEndpoint",
    client_id: "com.openexchange.oidc.clientId",
    client_secret: "com.openexchange.oidc.clientSecret",
    scope: "com.openexchange.oidc.scope",
    early: "com.openexchange.oidc.oauthRefreshTime",
    wait: "com.openexchange.oidc.tokenLockTimeoutSeconds",
    recover: "com.openexchange.oidc.tryRecoverStoredTokens",
    name_part: "com.openexchange.oidc.passwordGrantUserNamePart",
};

pub(super) const OAUTH: Family = Family {
    token_endpoint: "com.openexchange.authentication.oauth.tokenEndpoint",
    client_id: "com.openexchange.authentication.oauth.clientId",
    client_secret: "com.openexchange.authentication.oauth.clientSecret",
    scope: "com.openexchange.authentication.oauth.scope",
    early: "com.openexchange.authentication.oauth.earlyTokenRefreshSeconds",
    wait: "com.openexchange.authentication.oauth.tokenLockTimeoutSeconds",
    recover: "com.openexchange.authentication.oauth.tryRecoverStoredTokens",
    name_part: "com.openexchange.authentication.oauth.passwordGrantUserNamePart",
};

pub(super) const AUTHORIZATION_ENDPOINT: &str = "com.openexchange.oidc.opAuthorizationEndpoint";
pub(super) const ISSUER: &str = "com.openexchange.oidc.opIssuer";
pub(super) const PASSWORD_GRANT: &str = "com.openexchange.oidc.enablePasswordGrant";
pub(super) const REFRESH_ON_FAILURE: &str =
    "com.openexchange.oidc.mail.immediateTokenRefreshOnFailedAuth";
pub(super) const KEEP_PASSWORD: &str =
    "com.openexchange.authentication.oauth.keepPasswordInSession";

pub(in super::super) const INERT: &[Inert] = &[
    sign_in("com.openexchange.oidc.autologinCookieMode"),
    sign_in("com.openexchange.oidc.backendPath"),
    sign_in("com.openexchange.oidc.contextLookupClaim"),
    sign_in("com.openexchange.oidc.contextLookupNamePart"),
    sign_in("com.openexchange.oidc.enabled"),
    sign_in("com.openexchange.oidc.failureRedirect"),
    sign_in("com.openexchange.oidc.hosts"),
    sign_in("com.openexchange.oidc.jwsAlgorithm"),
    sign_in("com.openexchange.oidc.opJwkSetEndpoint"),
    sign_in("com.openexchange.oidc.opLogoutEndpoint"),
    sign_in("com.openexchange.oidc.responseType"),
    sign_in("com.openexchange.oidc.rpRedirectURIAuth"),
    sign_in("com.openexchange.oidc.rpRedirectURILogout"),
    sign_in("com.openexchange.oidc.rpRedirectURIPostSSOLogout"),
    sign_in("com.openexchange.oidc.ssoLogout"),
    sign_in("com.openexchange.oidc.startDefaultBackend"),
    sign_in("com.openexchange.oidc.uiWebPath"),
    sign_in("com.openexchange.oidc.userLookupClaim"),
    sign_in("com.openexchange.oidc.userLookupNamePart"),
    sign_in("com.openexchange.authentication.oauth.contextLookupNamePart"),
    sign_in("com.openexchange.authentication.oauth.contextLookupParameter"),
    sign_in("com.openexchange.authentication.oauth.contextLookupSource"),
    sign_in("com.openexchange.authentication.oauth.userLookupNamePart"),
    sign_in("com.openexchange.authentication.oauth.userLookupParameter"),
    sign_in("com.openexchange.authentication.oauth.userLookupSource"),
    (
        "com.openexchange.oidc.storeOAuthTokens",
        Severity::Note,
        "does nothing here: a session always has its tokens",
    ),
];

const fn sign_in(key: &'static str) -> Inert {
    let text = "does nothing here: it is read where users sign in";
    (key, Severity::Note, text)
}
