//! Who asks: every way in which a client shows itself.
//!
//! `oidc-provider` has no grant for signed statements (`urn:ietf:params:oauth:grant-type:jwt-bearer`,
//! <https://www.rfc-editor.org/rfc/rfc7523#section-2.1>); one of our own making there would prove
//! nothing. What signs and encodes them is the same as for clients that sign (section 2.2), which it
//! checks; that it does not know the grant is checked too.

use std::time::Duration;

use mail_login_blocking::tokens::clock;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use sasl_core::base64;
use token_lifecycle::{Algorithm, Assertion, Class, Client, Setting, TokenRequest};

use crate::scene::{ALICE, MAIL, OPAQUE, PASSWORD, Scene, with_both};

/// Signs in, refreshes, and asks for the client itself where it may.
fn works(scene: &Scene<'_>, client: impl Fn() -> Client, for_itself: bool) {
    let tokens = scene.signed_in(&client(), MAIL);
    let refresh = tokens.refresh.unwrap();
    let tokens = scene.tokens(&TokenRequest::refresh(&refresh), &client());
    assert!(tokens.unwrap().refresh.is_some_and(|new| new != refresh));

    let request = TokenRequest::client_credentials()
        .scope("mail")
        .resource(MAIL);
    let tokens = scene.tokens(&request, &client());
    match for_itself {
        true => {
            let tokens = tokens.unwrap();
            let claims = harness::provider::claims(tokens.access.expose());
            assert_eq!(claims["aud"], MAIL);
            assert_eq!(claims["client_id"], client().id());
            assert_eq!(tokens.refresh, None);
        }
        // It should be `unauthorized_client`, <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>.
        false => assert_eq!(tokens.unwrap_err().code(), Some("invalid_request")),
    }
}

fn is_refused(scene: &Scene<'_>, client: &Client) {
    let password = PASSWORD.into();
    let request = TokenRequest::password(ALICE, &password).scope("mail");
    let refused = scene.tokens(&request, client).unwrap_err();
    assert_eq!(
        refused.class(),
        Class::Misconfigured(Setting::Client),
        "{refused}"
    );
}

#[test]
fn none() {
    with_both(|scene| {
        works(scene, || Client::public("mail-client").unwrap(), false);
        is_refused(scene, &Client::public("nobody").unwrap());
    });
}

#[test]
fn a_secret_in_the_header() {
    // Sent as it is, it is another one.
    let secret = "webmail secret: 100%+&=/";
    with_both(|scene| {
        works(
            scene,
            || Client::basic("mail-webmail", secret).unwrap(),
            true,
        );
        is_refused(scene, &Client::basic("mail-webmail", "wrong").unwrap());
        // The provider decodes, so that a secret with a percent sign cannot go out as it is.
        let raw = Client::raw_basic("mail-webmail", secret).unwrap();
        let password = PASSWORD.into();
        let request = TokenRequest::password(ALICE, &password).scope("mail");
        let refused = scene.tokens(&request, &raw).unwrap_err();
        assert_eq!(refused.code(), Some("invalid_request"));
    });
}

#[test]
fn a_secret_in_the_body() {
    with_both(|scene| {
        let secret = "webmail-post-secret";
        works(
            scene,
            || Client::post("mail-webmail-post", secret).unwrap(),
            true,
        );
        is_refused(scene, &Client::post("mail-webmail-post", "wrong").unwrap());
        // This provider takes it from the header as well.
        works(
            scene,
            || Client::basic("mail-webmail-post", secret).unwrap(),
            true,
        );
    });
}

/// A client that signs each request with its key.
struct Robot(EcdsaKeyPair);

impl Robot {
    fn new(scene: &Scene<'_>) -> Self {
        let pem = scene.provider.robot_key();
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        let key = base64::decode(lines.collect::<String>().as_bytes(), false).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        Self(EcdsaKeyPair::from_pkcs8(algorithm, &key, &SystemRandom::new()).unwrap())
    }

    fn assertion(&self, audience: &str, unique: &str) -> sasl_core::Secret {
        let assertion = Assertion::for_client(
            Algorithm::Es256,
            "mail-robot",
            audience,
            unique,
            clock::now().wall,
            Duration::from_secs(60),
        );
        let input = assertion.signing_input();
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes());
        assertion.signed(signature.unwrap().as_ref())
    }

    fn client(&self, audience: &str, unique: &str) -> Client {
        Client::assertion("mail-robot", self.assertion(audience, unique)).unwrap()
    }
}

#[test]
fn a_signature() {
    with_both(|scene| {
        let robot = Robot::new(scene);
        let token = scene.metadata.token_endpoint().unwrap().as_str();
        let unique = || clock::owner().unwrap();
        // Either is allowed as the audience, <https://www.rfc-editor.org/rfc/rfc7523#section-3>.
        for audience in [token, scene.issuer.as_str()] {
            works(scene, || robot.client(audience, &unique()), true);
        }
        // An assertion is good once, and for this server.
        let once = robot.client(token, &unique());
        let request = TokenRequest::client_credentials()
            .scope("mail")
            .resource(OPAQUE);
        assert!(scene.tokens(&request, &once).is_ok());
        is_refused(scene, &once);
        is_refused(
            scene,
            &robot.client("https://elsewhere.example.test", &unique()),
        );
        let mut forged = robot.assertion(token, &unique()).expose().to_owned();
        let changed = if forged.ends_with('A') { 'Q' } else { 'A' };
        forged.pop();
        forged.push(changed);
        is_refused(scene, &Client::assertion("mail-robot", forged).unwrap());
    });
}

#[test]
fn a_statement_is_no_grant_here() {
    with_both(|scene| {
        let robot = Robot::new(scene);
        let assertion = robot.assertion(scene.issuer.as_str(), &clock::owner().unwrap());
        let client = Client::public("mail-client").unwrap();
        let refused = scene.tokens(&TokenRequest::jwt_bearer(&assertion), &client);
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Some("unsupported_grant_type"));
        assert_eq!(refused.class(), Class::Misconfigured(Setting::Grant));
    });
}
