//! Properties of what reads the documents of authorization servers and the answers of browsers.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test"
)]

use harness::{
    answers, machine,
    tokens::{
        SEEDS, STATE, check_callback, check_device, check_discovery, check_introspection, question,
        tokens,
    },
};
use proptest::prelude::*;
use token_lifecycle::{
    Authorization, Callback, Client, DeviceAuthorization, Exchange, GrantKind, Introspection,
    Issuer, Loopback, Metadata, Provider, Redirect, Response, State, TokenRequest, UnixTime, Url,
    Verifier,
};

/// The seeds are what they are named after, so that the checks have something to look at.
#[test]
fn seeds_are_read() {
    let issuer = Issuer::new(harness::tokens::ISSUER).unwrap();
    for (name, seed) in SEEDS {
        tokens(seed);
        let document = &seed[1..];
        match name {
            "discovery" => assert!(Metadata::parse(document, &issuer).is_ok()),
            "device" | "device-google" => assert!(DeviceAuthorization::parse(document).is_ok()),
            "introspection" | "introspection-inactive" => {
                assert!(Introspection::parse(document).is_ok());
            }
            "discovery-in-clear" | "discovery-other-issuer" => {
                assert!(Metadata::parse(document, &issuer).is_err());
            }
            "introspection-page" => assert!(Introspection::parse(document).is_err()),
            "callback" | "callback-pasted" => {
                let answer = question(7, None).receive(document);
                assert!(matches!(answer, Ok(Callback::Code(_))), "{answer:?}");
            }
            "callback-refused" => {
                let answer = question(7, None).receive(document);
                assert!(matches!(answer, Ok(Callback::Refused(_))), "{answer:?}");
            }
            "callback-forged" => assert!(question(7, None).receive(document).is_err()),
            name => panic!("{name} is not looked at"),
        }
    }
}

/// The stream may end behind any octet.
#[test]
fn every_end() {
    for (_, seed) in SEEDS {
        (0..=seed.len()).for_each(|end| tokens(&seed[..end]));
    }
}

/// Any octet may be any other.
#[test]
fn every_octet() {
    for (_, seed) in SEEDS {
        for at in 1..seed.len() {
            for octet in [0, b'"', b'%', b'&', b'#', b'\\', b'{', b'/', b'=', 0xff] {
                let mut input = seed.to_vec();
                input[at] = octet;
                tokens(&input);
            }
        }
    }
}

/// No request goes elsewhere than it was meant to, whatever is in it.
#[test]
fn requests_for_every_provider() {
    let token = "tGzv3JOkF0XG5Qx2TlKWIA".into();
    for provider in Provider::all() {
        let endpoints = provider.endpoints(None).unwrap();
        let client = Client::public("app").unwrap();
        let request = TokenRequest::refresh(&token)
            .build(&endpoints.token, &client)
            .unwrap();
        assert_eq!(request.url(), endpoints.token.as_str());
        assert!(request.url().starts_with("https://"));
    }
}

/// A whole sign-in, from the name of the server to the tokens, each part with what the one before
/// gave.
#[test]
fn sign_in_by_browser() {
    let issuer = Issuer::new("https://id.example.com/tenant").unwrap();
    let metadata = Metadata::parse(&SEEDS[0].1[1..], &issuer).unwrap();
    let client = Client::basic("webmail", "gX1fBat3bV").unwrap();
    let mut authorization = Authorization::new(
        metadata.authorization_endpoint().unwrap(),
        &client,
        Redirect::loopback(51004, "/cb").unwrap(),
        State::from_entropy(&[1; 32]),
        Verifier::from_entropy(&[2; 32]),
    )
    .scope("openid mail")
    .metadata(&metadata);

    // What the server sees, and what it answers.
    let url = authorization.url();
    let parameter = |name: &str| {
        let (_, query) = url.split_once('?').unwrap();
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs
            .find(|(other, _)| *other == name)
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(
        parameter("redirect_uri"),
        "http%3A%2F%2F127.0.0.1%3A51004%2Fcb"
    );
    let state = parameter("state");
    let mut browser = Loopback::new();
    browser.handle_input(
        format!(
            "GET /cb?code=Splx&state={state}&iss=https%3A%2F%2Fid.example.com%2Ftenant HTTP/1.1\r\n"
        )
        .as_bytes(),
    );
    let Some(Ok(Callback::Code(code))) = browser.receive(&mut authorization) else {
        panic!("no code")
    };

    let request = authorization
        .redeem(&code)
        .build(metadata.token_endpoint().unwrap(), &client)
        .unwrap();
    assert_eq!(request.url(), "https://id.example.com/token");
    assert!(
        request
            .headers()
            .any(|(name, value)| name == "Authorization" && value.starts_with("Basic "))
    );
    let verifier = Verifier::from_entropy(&[2; 32]);
    assert!(
        request
            .body()
            .expose()
            .ends_with(&format!("&code_verifier={}", verifier.secret().expose()))
    );
    assert_eq!(parameter("code_challenge"), verifier.challenge());

    let exchange = Exchange::new(
        GrantKind::AuthorizationCode,
        UnixTime::from_secs(1_767_222_000),
    );
    let answer = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
    let tokens = exchange.read(&Response::new(200, answer)).unwrap();
    let refresh_token = tokens.refresh.unwrap();
    let refresh = TokenRequest::refresh(&refresh_token)
        .build(metadata.token_endpoint().unwrap(), &client)
        .unwrap();
    assert_eq!(
        refresh.body().expose(),
        "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_discovery(&input);
        check_callback(&input);
        check_device(&input);
        check_introspection(&input);
    }

    #[test]
    fn parameters_in_any_order(
        pairs in proptest::collection::vec(
            (
                prop_oneof![Just("code"), Just("state"), Just("iss"), Just("error"), Just("error_description"), Just("c%6fde"), Just("x")],
                prop_oneof![Just(STATE), Just(""), Just("x"), Just("%"), Just("%41"), Just("https%3A%2F%2Fid.example.com%2Ftenant")],
            ),
            0..5,
        ),
        place in prop_oneof![Just("/cb"), Just("http://127.0.0.1:51004/cb"), Just("/"), Just("//cb")],
    ) {
        let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        check_callback(format!("{place}?{}", query.join("&")).as_bytes());
    }

    #[test]
    fn changed_seeds(
        seed in 0..SEEDS.len(),
        at in any::<prop::sample::Index>(),
        cut in 0..30_usize,
        new in prop_oneof![
            Just(b"null".to_vec()), Just(b"\"\"".to_vec()), Just(b",".to_vec()), Just(b"[[".to_vec()), Just(b"\\u0000".to_vec()),
            Just(b"1e999".to_vec()), Just(b"-1".to_vec()), Just(b"&".to_vec()), proptest::collection::vec(any::<u8>(), 0..6),
        ],
    ) {
        let mut input = SEEDS[seed].1.to_vec();
        let at = 1 + at.index(input.len() - 1);
        let end = (at + cut).min(input.len());
        input.splice(at..end, new);
        tokens(&input);
    }

    /// Answers of token endpoints and records that resemble what there is.
    #[test]
    fn changed_answers_and_records(
        seed in any::<prop::sample::Index>(),
        choices in any::<[u8; 2]>(),
        at in any::<prop::sample::Index>(),
        cut in 0..30_usize,
        new in prop_oneof![
            Just(b"null".to_vec()), Just(b"\"\"".to_vec()), Just(b",".to_vec()), Just(b"[[".to_vec()), Just(b"\\u0000".to_vec()),
            Just(b"18446744073709551615".to_vec()), Just(b"-1".to_vec()), Just(b"1e999".to_vec()), proptest::collection::vec(any::<u8>(), 0..6),
        ],
    ) {
        let change = |mut input: Vec<u8>| {
            let at = at.index(input.len() + 1);
            let end = (at + cut).min(input.len());
            input.splice(at..end, new.iter().copied());
            input
        };
        let (_, answer) = seed.get(&answers::SEEDS);
        answers::answers(&[&choices[..], &change(answer[2..].to_vec())].concat());
        let (_, record) = seed.get(&answers::RECORDS);
        answers::records(&change(record.to_vec()));
    }

    /// Whatever happens, in whatever order, at whatever time.
    #[test]
    fn any_course_of_events(input in proptest::collection::vec(any::<u8>(), 0..400)) {
        machine::lifecycle(&input);
    }

    /// The same, beginning as it usually does.
    #[test]
    fn usual_courses_that_go_astray(
        seed in any::<prop::sample::Index>(),
        keep in any::<prop::sample::Index>(),
        options in any::<u8>(),
        more in proptest::collection::vec(prop_oneof![0..16_u8, any::<u8>()], 0..200),
    ) {
        let (_, seed) = seed.get(&machine::SEEDS);
        let end = 1 + keep.index(seed.len());
        machine::lifecycle(&[&[options], &seed[1..end.max(1)], &more].concat());
    }

    /// What is put into a request comes out of it as it was, and adds nothing to it.
    #[test]
    fn secrets_stay_in_their_place(token in any::<String>(), user in any::<String>()) {
        let token = sasl_core::Secret::from(token);
        let request = TokenRequest::password(&user, &token)
            .build(&Url::new("https://id.example.com/token").unwrap(), &Client::public("app").unwrap())
            .unwrap();
        let names: Vec<_> = request.body().expose().split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        prop_assert_eq!(names, ["grant_type", "username", "password", "client_id"]);
    }
}
