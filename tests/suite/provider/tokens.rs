//! What tokens are for, what they are worth, and how they are taken back.

use harness::provider::claims;
use token_lifecycle::{
    Class, Client, Introspection, Revocation, Setting, TokenKind, TokenRequest, Tokens, introspect,
    revoke,
};

use crate::scene::{ALICE, MAIL, OPAQUE, PASSWORD, Scene, with_both};

fn client() -> Client {
    Client::public("mail-client").unwrap()
}

/// What the provider says of a token to a mail server.
fn worth(scene: &Scene<'_>, token: &sasl_core::Secret, kind: TokenKind) -> Introspection {
    let endpoint = scene.metadata.introspection_endpoint().unwrap();
    let server = Client::basic("mail-server-basic", "mail-server-secret").unwrap();
    let answer = scene.send(&introspect(endpoint, &server, token, kind));
    Introspection::parse(answer.response().body()).unwrap()
}

fn take_back(scene: &Scene<'_>, token: &sasl_core::Secret, kind: TokenKind) -> Revocation {
    let endpoint = scene.metadata.revocation_endpoint().unwrap();
    let answer = scene.send(&revoke(endpoint, &client(), token, kind));
    Revocation::read(&answer.response())
}

#[test]
fn introspection() {
    with_both(|scene| {
        let tokens = scene.signed_in(&client(), OPAQUE);
        let worth = worth(scene, &tokens.access, TokenKind::Access);
        assert!(worth.is_active());
        assert_eq!(worth.subject(), Some(ALICE));
        assert_eq!(worth.client_id(), Some("mail-client"));
        assert_eq!(worth.scopes().unwrap().iter().collect::<Vec<_>>(), ["mail"]);
        assert_eq!(worth.audience().collect::<Vec<_>>(), [OPAQUE]);
        assert_eq!(worth.issuer(), Some(scene.issuer.as_str()));
        let (ours, theirs) = (tokens.expires_at.unwrap(), worth.expires().unwrap());
        // The provider's clock shows whole seconds.
        let (ours, theirs) = (ours.as_secs(), theirs.as_secs());
        assert!(ours <= theirs && theirs <= ours + 5, "{ours} {theirs}");
        let unknown = "nobody-ever-gave-this-out".into();
        let worth = self::worth(scene, &unknown, TokenKind::Access);
        assert!(!worth.is_active());
    });
}

#[test]
fn revocation_of_an_access_token() {
    with_both(|scene| {
        let tokens = scene.signed_in(&client(), OPAQUE);
        let gone = take_back(scene, &tokens.access, TokenKind::Access);
        assert_eq!(gone, Revocation::Done);
        assert!(!worth(scene, &tokens.access, TokenKind::Access).is_active());
        // Twice is as good as once, <https://www.rfc-editor.org/rfc/rfc7009#section-2.2>.
        let gone = take_back(scene, &tokens.access, TokenKind::Access);
        assert_eq!(gone, Revocation::Done);
        // <https://www.rfc-editor.org/rfc/rfc7009#section-2.1> allows that the refresh token goes with
        // it, and here it does: a program that is to stay signed in must not do this.
        let refresh = tokens.refresh.unwrap();
        let refused = scene.tokens(&TokenRequest::refresh(&refresh), &client());
        assert_eq!(refused.unwrap_err().class(), Class::GrantRejected);
    });
}

#[test]
fn revocation_of_a_refresh_token_ends_the_grant() {
    with_both(|scene| {
        let tokens = scene.signed_in(&client(), OPAQUE);
        let refresh = tokens.refresh.unwrap();
        let gone = take_back(scene, &refresh, TokenKind::Refresh);
        assert_eq!(gone, Revocation::Done);
        assert!(!worth(scene, &tokens.access, TokenKind::Access).is_active());
        let refused = scene.tokens(&TokenRequest::refresh(&refresh), &client());
        assert_eq!(refused.unwrap_err().class(), Class::GrantRejected);
    });
}

#[test]
fn signed_tokens_are_not_taken_back() {
    with_both(|scene| {
        let tokens = scene.signed_in(&client(), MAIL);
        let kept = take_back(scene, &tokens.access, TokenKind::Access);
        assert_eq!(kept, Revocation::Unsupported);
    });
}

fn ask(scene: &Scene<'_>, scope: &str, resource: &str) -> Result<Tokens, token_lifecycle::Failure> {
    let password = PASSWORD.into();
    let request = TokenRequest::password(ALICE, &password)
        .scope(scope)
        .resource(resource);
    scene.tokens(&request, &client())
}

#[test]
fn scope_and_resource() {
    with_both(|scene| {
        let tokens = ask(scene, "mail calendar offline_access", MAIL).unwrap();
        assert_eq!(claims(tokens.access.expose())["scope"], "mail calendar");
        let granted = tokens.scopes.unwrap();
        // What is no right at the resource is left out of the answer, and is not missed.
        assert_eq!(granted.iter().collect::<Vec<_>>(), ["calendar", "mail"]);
        let asked = "mail calendar offline_access".into();
        assert!(granted.missing_from(&asked).is_empty());

        // A refresh may ask for less, and not for more, <https://www.rfc-editor.org/rfc/rfc6749#section-6>.
        let refresh = tokens.refresh.unwrap();
        let request = TokenRequest::refresh(&refresh).scope("mail").resource(MAIL);
        let less = scene.tokens(&request, &client()).unwrap();
        assert_eq!(claims(less.access.expose())["scope"], "mail");
        let refresh = less.refresh.unwrap();
        let request = TokenRequest::refresh(&refresh).scope("mail openid");
        let more = scene.tokens(&request, &client()).unwrap_err();
        assert_eq!(more.class(), Class::Misconfigured(Setting::Scope));
        // That cost nothing.
        let request = TokenRequest::refresh(&refresh);
        assert!(scene.tokens(&request, &client()).is_ok());

        let elsewhere = ask(scene, "mail", "https://nowhere.example.test/").unwrap_err();
        assert_eq!(elsewhere.code(), Some("invalid_target"));
        assert_eq!(elsewhere.class(), Class::Misconfigured(Setting::Resource));
    });
}
