use super::*;

fn read(mechanism: Mechanism, message: &str) -> Result<Option<Presented>, Violation> {
    parse_message(mechanism, message.as_bytes())
}

#[test]
fn oauthbearer_with_all_fields() {
    let message = "n,a=a=2Cb=3Dc@example.com,\x01host=imap.example.com\x01port=993\x01\
                   x=y\x01auth=bearer mF_9.B5f-4.1JqM\x01\x01";
    let presented = read(Mechanism::OAuthBearer, message).unwrap().unwrap();
    assert_eq!(presented.user(), "a,b=c@example.com");
    assert_eq!(presented.credentials().secret().expose(), "mF_9.B5f-4.1JqM");
    let endpoint = presented.endpoint().unwrap();
    assert_eq!(
        (endpoint.host(), endpoint.port()),
        ("imap.example.com", 993)
    );
}

#[test]
fn oauthbearer_without_a_user() {
    let presented = read(Mechanism::OAuthBearer, "n,,\x01auth=Bearer t\x01\x01");
    assert_eq!(presented.unwrap().unwrap().user(), "");
}

#[test]
fn no_token_asks_for_the_document() {
    for (mechanism, message) in [
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=\x01\x01"),
        (Mechanism::XOAuth2, "user=u\x01auth=\x01\x01"),
    ] {
        assert!(matches!(read(mechanism, message), Ok(None)), "{message:?}");
    }
}

#[test]
fn what_is_not_in_the_grammar_is_refused() {
    let cases = [
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=Bearer t\x01"),
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=Bearer t"),
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=Bearer t\x01\x01x"),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01auth=Bearer t\x01\x01\x01",
        ),
        (Mechanism::OAuthBearer, "n,a=u,auth=Bearer t\x01\x01"),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01auth=Bearer t\x01auth=Bearer v\x01\x01",
        ),
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=Bearer  t\x01\x01"),
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=Basic t\x01\x01"),
        (Mechanism::OAuthBearer, "n,a=u,\x01auth=Bearer\x01\x01"),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01host=h\x01port=0\x01auth=Bearer t\x01\x01",
        ),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01host=h\x01port=0993\x01auth=Bearer t\x01\x01",
        ),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01host=h\x01port=99999\x01auth=Bearer t\x01\x01",
        ),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01host=\x01port=993\x01auth=Bearer t\x01\x01",
        ),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01=x\x01auth=Bearer t\x01\x01",
        ),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01h2=x\x01auth=Bearer t\x01\x01",
        ),
        (
            Mechanism::OAuthBearer,
            "n,a=u,\x01x=\u{e9}\x01auth=Bearer t\x01\x01",
        ),
        (Mechanism::OAuthBearer, "n,a=u,\x01host=h\x01\x01"),
        (Mechanism::OAuthBearer, "n,a=u,\x01\x01"),
        (Mechanism::OAuthBearer, "p=x,a=u,\x01auth=Bearer t\x01\x01"),
        (
            Mechanism::OAuthBearer,
            "n,a=u\x02v,\x01auth=Bearer t\x01\x01",
        ),
        (Mechanism::OAuthBearer, "\x01"),
        (Mechanism::OAuthBearer, ""),
        (Mechanism::XOAuth2, "user=u\x01auth=Bearer t\x01"),
        (Mechanism::XOAuth2, "user=u\x01auth=Bearer t\x01\x01x"),
        (Mechanism::XOAuth2, "user=\x01auth=Bearer t\x01\x01"),
        (
            Mechanism::XOAuth2,
            "user=u\x01user=v\x01auth=Bearer t\x01\x01",
        ),
        (Mechanism::XOAuth2, "auth=Bearer t\x01user=u\x01\x01"),
        (Mechanism::XOAuth2, "user=u\x01auth=Bearer t t\x01\x01"),
        (Mechanism::XOAuth2, ""),
        (Mechanism::Plain, "tim\0password"),
        (Mechanism::Plain, "\0tim\0password\0"),
        (Mechanism::Plain, "\0\0password"),
        (Mechanism::Plain, "\0tim\0"),
        (Mechanism::Plain, "\x01\0tim\0password"),
        (Mechanism::Plain, ""),
        (Mechanism::External, "a\0b"),
        (Mechanism::Login, "tim"),
    ];
    for (mechanism, message) in cases {
        let read = read(mechanism, message);
        assert_eq!(
            read.err(),
            Some(Violation::BadMessage),
            "{mechanism} {message:?}"
        );
    }
    assert!(parse_message(Mechanism::XOAuth2, b"user=\xff\x01auth=Bearer t\x01\x01").is_err());
}

#[test]
fn plain_names_whom_to_act_as() {
    let presented = read(Mechanism::Plain, "Ursel\0Kurt\0xipj3plmq")
        .unwrap()
        .unwrap();
    assert_eq!(presented.user(), "Ursel");
    assert_eq!(presented.credentials().user(), "Kurt");
    assert!(presented.credentials().secret() == &"xipj3plmq".into());
}

#[test]
fn external_with_and_without_a_user() {
    let user = |message| {
        read(Mechanism::External, message)
            .unwrap()
            .unwrap()
            .user()
            .len()
    };
    assert_eq!((user(""), user("fred@example.com")), (0, 16));
}
