//! What all requests share.

use mail_session::Sessions;
use token_lifecycle::{Client, Metadata, Url};

use crate::{mail::Pool, metrics::Metrics, public::Public, seal::Sealer};

/// One node.
pub(crate) struct App {
    pub(crate) sessions: Sessions,
    pub(crate) public: Public,
    pub(crate) client: Client,
    /// Where users sign in.
    pub(crate) authorization_endpoint: Url,
    /// What the issuer says of itself; without it no ID token can be checked.
    pub(crate) metadata: Metadata,
    pub(crate) login_claim: String,
    pub(crate) sealer: Sealer,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
}
