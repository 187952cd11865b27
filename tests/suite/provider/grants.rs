//! Every grant: how a program gets its first tokens, and the next ones.

use std::net::TcpListener;

use harness::provider::claims;
use mail_login_blocking::tokens::clock;
use token_lifecycle::{
    Authorization, Callback, Class, Client, DeviceAuthorization, DevicePoll, DeviceRequest,
    DeviceStep, Redirect, State, TokenRequest, Tokens, Verifier,
};

use crate::{
    browser,
    scene::{ALICE, MAIL, PASSWORD, Scene, with_both},
};

/// What each grant must give that was asked for mail of Alice with a refresh token.
fn are_of_alice(tokens: &Tokens) {
    let claims = claims(tokens.access.expose());
    assert_eq!(claims["sub"], ALICE);
    assert_eq!(claims["aud"], MAIL);
    assert_eq!(claims["scope"], "mail");
    let expires = tokens.expires_at.unwrap().as_secs();
    let said = claims["exp"].as_u64().unwrap();
    // We count from before the request was sent.
    assert!(expires <= said && said <= expires + 5, "{expires} {said}");
    assert!(tokens.refresh.is_some());
}

fn question(scene: &Scene<'_>, client: &Client, listener: &TcpListener) -> Authorization {
    let port = listener.local_addr().unwrap().port();
    Authorization::new(
        scene.metadata.authorization_endpoint().unwrap(),
        client,
        Redirect::loopback(port, "/callback").unwrap(),
        State::from_entropy(&clock::entropy().unwrap()),
        Verifier::from_entropy(&clock::entropy().unwrap()),
    )
    .metadata(&scene.metadata)
    .scope("openid mail offline_access")
    .parameter("resource", MAIL)
    .parameter("prompt", "consent")
}

#[test]
fn discovery() {
    with_both(|scene| {
        let metadata = &scene.metadata;
        assert_eq!(metadata.issuer(), scene.issuer.as_str());
        assert!(metadata.knows_pkce());
        assert!(metadata.names_issuer());
        for grant in [
            "authorization_code",
            "refresh_token",
            "password",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ] {
            assert!(metadata.grants().any(|other| other == grant), "{grant}");
        }
        for client in [
            Client::public("a"),
            Client::basic("a", "b"),
            Client::post("a", "b"),
            Client::assertion("a", "b"),
        ] {
            let method = client.unwrap().method();
            let mut known = metadata.token_authentication_methods();
            assert!(known.any(|other| other == method), "{method}");
        }
        assert!(metadata.scopes().any(|scope| scope == "mail"));
        assert!(metadata.device_authorization_endpoint().is_ok());
        assert!(metadata.revocation_endpoint().is_ok());
        assert!(metadata.introspection_endpoint().is_ok());
    });
}

#[test]
fn authorization_code_with_pkce() {
    with_both(|scene| {
        let client = Client::public("mail-client").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut authorization = question(scene, &client, &listener).parameter("login_hint", ALICE);
        let ca = scene.provider.ca();
        let Callback::Code(code) = browser::ask(&mut authorization, &listener, &ca) else {
            panic!("refused")
        };
        let tokens = scene.tokens(&authorization.redeem(&code), &client).unwrap();
        are_of_alice(&tokens);
        assert_eq!(
            claims(tokens.id_token.as_ref().unwrap().expose())["iss"],
            scene.issuer.as_str()
        );

        // A code is good once, and using it again ends what came of it
        // (<https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2>).
        let again = scene.tokens(&authorization.redeem(&code), &client);
        assert_eq!(again.unwrap_err().class(), Class::FlowExpired);
        let refresh = tokens.refresh.unwrap();
        let refused = scene.tokens(&TokenRequest::refresh(&refresh), &client);
        assert_eq!(refused.unwrap_err().class(), Class::GrantRejected);
    });
}

#[test]
fn a_code_without_its_verifier_is_worth_nothing() {
    with_both(|scene| {
        let client = Client::public("mail-client").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut authorization = question(scene, &client, &listener);
        let ca = scene.provider.ca();
        let Callback::Code(code) = browser::ask(&mut authorization, &listener, &ca) else {
            panic!("refused")
        };
        let port = listener.local_addr().unwrap().port();
        let redirect = Redirect::loopback(port, "/callback").unwrap();
        let other = Verifier::from_entropy(&clock::entropy().unwrap());
        let request = TokenRequest::authorization_code(code.secret(), redirect.as_str(), &other);
        let stolen = scene.tokens(&request, &client).unwrap_err();
        assert_eq!(stolen.code(), Some("invalid_grant"));
    });
}

#[test]
fn the_user_says_no_in_the_browser() {
    with_both(|scene| {
        let client = Client::public("mail-client").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut authorization = question(scene, &client, &listener).parameter("login_hint", "deny");
        let ca = scene.provider.ca();
        let Callback::Refused(denial) = browser::ask(&mut authorization, &listener, &ca) else {
            panic!("a code")
        };
        assert!(denial.is_by_user());
        assert_eq!(denial.description().to_string(), "the user said no");
    });
}

/// Drives the poller until it has tokens or says why not, and does what the user does meanwhile.
fn device(scene: &Scene<'_>, login: &str) -> Result<Tokens, token_lifecycle::Failure> {
    let client = Client::public("mail-client").unwrap();
    let request = DeviceRequest::new()
        .scope("openid mail offline_access")
        .parameter("resource", MAIL)
        .build(
            scene.metadata.device_authorization_endpoint().unwrap(),
            &client,
        )
        .unwrap();
    let answer = scene.send(&request);
    let device = DeviceAuthorization::parse(answer.response().body()).unwrap();
    let code = device.user_code().to_string();
    assert!(
        device
            .verification_uri()
            .as_str()
            .starts_with(scene.issuer.as_str())
    );
    let mut poll = DevicePoll::new(device, clock::now());
    let mut asked = 0;
    // Time is an argument: the user is quicker here than the interval of five seconds.
    let mut now = clock::now();
    loop {
        match poll.poll(now) {
            DeviceStep::Wait(time) => {
                let step = |boot: std::time::Duration| boot + time;
                now.wall = now.wall + time;
                now.boot = now.boot.map(step);
            }
            DeviceStep::Ask(request) => {
                let request = scene.build(&request, &client);
                asked += 1;
                if asked == 2 {
                    scene.provider.enter_user_code(&code, login);
                }
                let answer = scene.send(&request);
                if let Some(tokens) = poll.handle_response(now, &answer.response())? {
                    assert_eq!(asked, 2, "tokens before the user agreed");
                    return Ok(tokens);
                }
            }
            DeviceStep::Over => panic!("over after {asked} questions"),
        }
    }
}

#[test]
fn device_code() {
    with_both(|scene| {
        let tokens = device(scene, ALICE).unwrap();
        assert_eq!(claims(tokens.access.expose())["aud"], MAIL);
        let client = Client::public("mail-client").unwrap();
        let refresh = tokens.refresh.unwrap();
        let request = TokenRequest::refresh(&refresh);
        are_of_alice(&scene.tokens(&request, &client).unwrap());

        let denied = device(scene, "deny").unwrap_err();
        assert_eq!(denied.class(), Class::FlowDenied);
    });
}

#[test]
fn password() {
    with_both(|scene| {
        let client = Client::public("mail-client").unwrap();
        are_of_alice(&scene.signed_in(&client, MAIL));

        let wrong = "incorrect horse".into();
        let request = TokenRequest::password(ALICE, &wrong).scope("mail");
        let refused = scene.tokens(&request, &client).unwrap_err();
        assert_eq!(refused.code(), Some("invalid_grant"));

        // A name outside of ASCII.
        let right = PASSWORD.into();
        let request = TokenRequest::password("jörg@example.test", &right)
            .scope("mail")
            .resource(MAIL);
        let tokens = scene.tokens(&request, &client).unwrap();
        assert_eq!(claims(tokens.access.expose())["email"], "jörg@example.test");
    });
}

#[test]
fn refresh_rotates_and_reuse_ends_the_grant() {
    with_both(|scene| {
        let client = Client::public("mail-client").unwrap();
        let before = scene.provider.rotations("mail-client");
        let first = scene.signed_in(&client, MAIL).refresh.unwrap();
        let second = scene.tokens(&TokenRequest::refresh(&first), &client);
        let second = second.unwrap();
        are_of_alice(&second);
        let second = second.refresh.unwrap();
        assert_ne!(first, second);

        let reused = scene.tokens(&TokenRequest::refresh(&first), &client);
        assert_eq!(reused.unwrap_err().class(), Class::GrantRejected);
        let newest = scene.tokens(&TokenRequest::refresh(&second), &client);
        assert_eq!(newest.unwrap_err().class(), Class::GrantRejected);
        let after = scene.provider.rotations("mail-client");
        assert_eq!(after.tokens, before.tokens + 1);
        assert_eq!(after.exchanges, before.exchanges + 1);
        assert_eq!(after.reuses, before.reuses + 1);
        assert_eq!(after.refused, before.refused + 2);
    });
}

/// Where a client has grace, an answer that was lost can be asked for again.
#[test]
fn within_the_grace_a_refresh_can_be_repeated() {
    with_both(|scene| {
        let client = Client::public("mail-client-grace").unwrap();
        let before = scene.provider.rotations("mail-client-grace");
        let first = scene.signed_in(&client, MAIL).refresh.unwrap();
        let request = TokenRequest::refresh(&first);
        let lost = scene.tokens(&request, &client).unwrap().refresh.unwrap();
        let kept = scene.tokens(&request, &client).unwrap().refresh.unwrap();
        assert_ne!(lost, kept);
        are_of_alice(
            &scene
                .tokens(&TokenRequest::refresh(&kept), &client)
                .unwrap(),
        );
        let after = scene.provider.rotations("mail-client-grace");
        assert_eq!(after.tokens, before.tokens + 2);
        assert_eq!(after.exchanges, before.exchanges + 3);
        assert_eq!(after.refused, before.refused);
    });
}
