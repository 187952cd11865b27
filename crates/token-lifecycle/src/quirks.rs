//! Deviations of authorization servers, as data.

/// What an authorization server does otherwise than the standards say, or says nothing about.
/// All are off by default; [`Provider::quirks`](crate::Provider::quirks) knows those of known
/// providers.
///
/// ```
/// use token_lifecycle::Quirks;
///
/// let quirks = Quirks { invalid_request_is_dead_token: true, ..Quirks::default() };
/// assert_ne!(quirks, Quirks::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Answers `invalid_request` to a refresh token it does not know (better-auth, FlowFuse; read
    /// from their threads in 2025).
    pub invalid_request_is_dead_token: bool,
    /// An `invalid_grant` whose description begins like this means "too many requests". Microsoft
    /// says so with `AADSTS50196` (MSAL relabels it the same way). The one place where a
    /// description decides.
    pub invalid_grant_throttle_prefix: Option<&'static str>,
    /// Never replaces the refresh token (Google), so that a lost answer costs nothing.
    pub never_rotates: bool,
    /// Names granted scopes otherwise than they were asked for, so that none is missed for its name
    /// (Microsoft: `outlook.office365.com` and `outlook.office.com`).
    pub renames_scopes: bool,
    /// Wants `scope` in each refresh request, also where it does not change.
    pub wants_scope_to_refresh: bool,
}
