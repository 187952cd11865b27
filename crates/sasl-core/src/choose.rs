//! Choosing a mechanism.

use crate::{Kind, Mechanism, Mechanisms, Settings};

/// The first mechanism in the caller's order that fits the credentials, is offered, and was not
/// tried in vain. The server's order has no say, and nothing outside the kind of the credentials
/// ever comes out: a token is not turned into a password.
///
/// ```
/// use sasl_core::{choose, Kind, Mechanism, Mechanisms, Settings};
///
/// let offered = [Mechanism::Plain, Mechanism::XOAuth2].into_iter().collect();
/// let chosen = choose(&Settings::new(), Kind::Token, offered, Mechanisms::NONE);
/// assert_eq!(chosen, Some(Mechanism::XOAuth2));
/// ```
pub fn choose(
    settings: &Settings,
    kind: Kind,
    offered: Mechanisms,
    tried: Mechanisms,
) -> Option<Mechanism> {
    settings.candidates(kind).find(|mechanism| {
        (settings.force || offered.contains(*mechanism)) && !tried.contains(*mechanism)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_orders_and_the_kind_decides() {
        let all: Mechanisms = Mechanism::ALL.into_iter().collect();
        let settings = Settings::new();
        assert_eq!(
            choose(&settings, Kind::Token, all, Mechanisms::NONE),
            Some(Mechanism::OAuthBearer)
        );
        let tried = [Mechanism::OAuthBearer].into_iter().collect();
        assert_eq!(
            choose(&settings, Kind::Token, all, tried),
            Some(Mechanism::XOAuth2)
        );
        let tried = [Mechanism::OAuthBearer, Mechanism::XOAuth2]
            .into_iter()
            .collect();
        assert_eq!(choose(&settings, Kind::Token, all, tried), None);

        let settings = Settings::new().mechanisms(&[Mechanism::Plain, Mechanism::XOAuth2]);
        assert_eq!(
            choose(&settings, Kind::Token, all, Mechanisms::NONE),
            Some(Mechanism::XOAuth2)
        );
        let plain = [Mechanism::Plain].into_iter().collect();
        assert_eq!(
            choose(&settings, Kind::Token, plain, Mechanisms::NONE),
            None
        );
    }
}
