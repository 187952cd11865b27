//! Peers that more than one bench needs.

/// `rsasl`: credentials by callback.
pub mod rsasl {
    use std::sync::Arc;

    use rsasl::{
        callback::{Context, Request, SessionCallback, SessionData},
        prelude::*,
        property::{AuthId, AuthzId, OAuthBearerKV, OAuthBearerToken},
    };

    use crate::inputs::{HOST, USER};

    struct Answers {
        token: String,
    }

    impl SessionCallback for Answers {
        fn callback(
            &self,
            _: &SessionData,
            _: &Context<'_>,
            request: &mut Request<'_>,
        ) -> Result<(), SessionError> {
            request
                .satisfy::<AuthId>(USER)?
                .satisfy::<AuthzId>(USER)?
                .satisfy::<OAuthBearerKV>(&[("host", HOST), ("port", "993")])?
                .satisfy::<OAuthBearerToken>(&self.token)?;
            Ok(())
        }
    }

    /// A configuration that is shared by all logins with this token.
    pub fn config(token: &str) -> Arc<SASLConfig> {
        let answers = Answers {
            token: token.into(),
        };
        SASLConfig::builder()
            .with_defaults()
            .with_callback(answers)
            .expect("mechanisms are built in")
    }

    /// A session for one login.
    pub fn session(config: &Arc<SASLConfig>, mechanism: &str) -> Session {
        let mechanism = Mechname::parse(mechanism.as_bytes()).expect("it is a name");
        SASLClient::new(config.clone())
            .start_suggested(&[mechanism])
            .expect("it is supported")
    }

    /// The first message as base64.
    pub fn first_message(config: &Arc<SASLConfig>, mechanism: &str) -> Vec<u8> {
        let mut out = Vec::new();
        session(config, mechanism)
            .step64(None, &mut out)
            .expect("the callback answers");
        out
    }
}

/// `imap-codec` and what is built on it.
pub mod imap_codec {
    use imap_codec::imap_types::{auth::AuthMechanism, response::Capability};

    use crate::floor::{OAUTHBEARER, SASL_IR, STARTTLS, XOAUTH2};

    /// What a list of capabilities offers.
    pub fn bits<'a>(list: impl IntoIterator<Item = &'a Capability<'a>>) -> u32 {
        let bit = |capability: &Capability<'_>| match capability {
            Capability::Auth(AuthMechanism::OAuthBearer) => OAUTHBEARER,
            Capability::Auth(AuthMechanism::XOAuth2) => XOAUTH2,
            Capability::SaslIr => SASL_IR,
            Capability::StartTls => STARTTLS,
            _ => 0,
        };
        list.into_iter().map(bit).fold(0, |all, one| all | one)
    }
}
