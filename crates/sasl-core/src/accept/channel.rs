//! How a connection is protected, and what may be offered on it.

use crate::{AcceptSettings, Mechanisms};

/// How a connection is protected.
///
/// ```
/// assert_ne!(sasl_core::wire::Channel::Clear, sasl_core::wire::Channel::Tls);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Anybody may read along: no login.
    Clear,
    /// It is in clear, and logins are taken all the same.
    Exposed,
    /// TLS from the first octet on.
    Tls,
    /// TLS by STARTTLS.
    Upgraded,
}

impl Channel {
    /// What is offered on such a channel.
    pub(super) fn offer(self, settings: &AcceptSettings) -> Offer<'_> {
        let (mechanisms, starttls) = match self {
            Self::Clear => (Mechanisms::NONE, true),
            Self::Exposed => (settings.mechanisms, true),
            Self::Tls | Self::Upgraded => (settings.mechanisms, false),
        };
        Offer {
            mechanisms,
            starttls: starttls && settings.starttls,
            upgraded: self == Self::Upgraded,
            settings,
        }
    }
}

/// What is offered in the present security state.
///
/// ```
/// # fn show(offer: &sasl_core::wire::Offer<'_>) {
/// println!("{} STARTTLS={}", offer.mechanisms, offer.starttls);
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The mechanisms.
    pub mechanisms: Mechanisms,
    /// Whether TLS can be started.
    pub starttls: bool,
    /// The connection has just become TLS by STARTTLS.
    pub upgraded: bool,
    /// What the embedder decided.
    pub settings: &'a AcceptSettings,
}
