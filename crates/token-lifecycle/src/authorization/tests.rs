use alloc::format;

use super::*;

fn authorization() -> Authorization {
    Authorization::new(
        &Url::new("https://id.example.com/authorize").unwrap(),
        &Client::public("webmail").unwrap(),
        Redirect::new("http://127.0.0.1:51004/cb").unwrap(),
        State::from_entropy(&[1; 32]),
        Verifier::from_entropy(&[2; 32]),
    )
}

const STATE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

#[test]
fn the_address_for_the_browser() {
    let url = authorization()
        .scope("https://mail.example.com/ offline_access")
        .parameter("login_hint", "j\u{fc}rgen@example.com")
        .url();
    let challenge = Verifier::from_entropy(&[2; 32]).challenge();
    assert_eq!(
        url,
        format!(
            "https://id.example.com/authorize?response_type=code&client_id=webmail\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A51004%2Fcb\
             &scope=https%3A%2F%2Fmail.example.com%2F+offline_access\
             &login_hint=j%C3%BCrgen%40example.com\
             &state={STATE}&code_challenge={challenge}&code_challenge_method=S256"
        )
    );
}

#[test]
fn the_query_of_the_endpoint_is_kept() {
    for (endpoint, start) in [
        (
            "https://id.example.com/a?policy=b",
            "https://id.example.com/a?policy=b&response_type=",
        ),
        (
            "https://id.example.com/a?",
            "https://id.example.com/a?response_type=",
        ),
        (
            "https://id.example.com",
            "https://id.example.com?response_type=",
        ),
    ] {
        let mut authorization = authorization();
        authorization.endpoint = Url::new(endpoint).unwrap();
        assert!(
            authorization.url().starts_with(start),
            "{}",
            authorization.url()
        );
    }
}

#[test]
fn each_parameter_is_there_once() {
    let mut authorization = authorization()
        .parameter("prompt", "login")
        .parameter("prompt", "consent")
        .parameter("resource", "https://a.example")
        .parameter("resource", "https://b.example")
        .parameter("login_hint", "");
    for own in OWN {
        authorization = authorization.parameter(own, "forged");
    }
    let url = authorization.url();
    assert!(
        !url.contains("forged") && !url.contains("prompt=login") && !url.contains("login_hint")
    );
    assert_eq!(url.matches("resource=").count(), 2);
    assert_eq!(url.matches("prompt=consent").count(), 1);
}

#[test]
fn an_answer_counts_once_and_redeems_the_code() {
    let mut authorization = authorization();
    let target = format!("/cb?state={STATE}&code=Splx%2FlOBe");
    // What somebody else sends does not end the wait.
    assert!(
        authorization
            .receive(b"/cb?state=forged&code=evil")
            .is_err()
    );
    assert!(authorization.receive(b"/favicon.ico").is_err());
    let code = match authorization.receive(target.as_bytes()) {
        Ok(Callback::Code(code)) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        authorization.receive(target.as_bytes()).unwrap_err(),
        CallbackError::Answered
    );

    let endpoint = Url::new("https://id.example.com/token").unwrap();
    let client = Client::public("webmail").unwrap();
    let request = authorization
        .redeem(&code)
        .build(&endpoint, &client)
        .unwrap();
    assert_eq!(
        request.body().expose(),
        "grant_type=authorization_code&code=Splx%2FlOBe&redirect_uri=http%3A%2F%2F127.0.0.1%3A51004%2Fcb\
         &code_verifier=AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI&client_id=webmail"
    );
    let shown = format!("{authorization:?} {code:?} {request:?}");
    for secret in [STATE, "Splx", "AgIC"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn metadata_says_who_has_to_answer() {
    let issuer = Issuer::new("https://id.example.com").unwrap();
    let document = br#"{"issuer":"https://id.example.com","authorization_response_iss_parameter_supported":true}"#;
    let metadata = Metadata::parse(document, &issuer).unwrap();
    let mut authorization = authorization().metadata(&metadata);
    let mut receive = |rest: &str| {
        let target = format!("/cb?state={STATE}&code=x{rest}");
        authorization.receive(target.as_bytes()).map(|_| ())
    };
    assert_eq!(receive(""), Err(CallbackError::IssuerMissing));
    assert_eq!(
        receive("&iss=https%3A%2F%2Fid.example.com%2F"),
        Err(CallbackError::Issuer)
    );
    assert_eq!(receive("&iss=https%3A%2F%2Fid.example.com"), Ok(()));
}
