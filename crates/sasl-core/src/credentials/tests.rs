use alloc::string::ToString;

use super::*;
use crate::Endpoint;

/// What must never reach a field or a line, each alone.
#[test]
fn control_characters_are_refused_everywhere() {
    for octet in (0..=0x1f).chain([0x7f]) {
        let c = char::from(octet);
        let user = alloc::format!("us{c}er");
        assert_eq!(
            Credentials::bearer(&user, "t").unwrap_err(),
            Invalid::UserControl
        );
        assert_eq!(
            Credentials::password(&user, "p").unwrap_err(),
            Invalid::UserControl
        );
        assert_eq!(
            Credentials::external(Some(&user)).unwrap_err(),
            Invalid::UserControl
        );
        assert_eq!(
            Credentials::discovery(&user).unwrap_err(),
            Invalid::UserControl
        );
        let token = alloc::format!("to{c}ken");
        assert_eq!(
            Credentials::bearer("u", token.as_str()).unwrap_err(),
            Invalid::TokenCharacter
        );
        assert_eq!(
            Credentials::bearer_alone(token.as_str()).unwrap_err(),
            Invalid::TokenCharacter
        );
        let host = alloc::format!("ho{c}st");
        assert_eq!(Endpoint::new(&host, 1).unwrap_err(), Invalid::Host);
    }
    for token in ["with space", "nön-ascii", " t", "t "] {
        assert_eq!(
            Credentials::bearer("u", token).unwrap_err(),
            Invalid::TokenCharacter
        );
    }
    for password in ["a\0b", "a\rb", "a\nb"] {
        assert_eq!(
            Credentials::password("u", password).unwrap_err(),
            Invalid::PasswordForm
        );
    }
    // A password may have what a token may not.
    assert!(Credentials::password("u", "päss wörd\t").is_ok());
}

#[test]
fn lengths_are_exact() {
    let of = |octets: usize| "x".repeat(octets);
    assert!(Credentials::bearer(&of(255), "t").is_ok());
    assert_eq!(
        Credentials::bearer(&of(256), "t").unwrap_err(),
        Invalid::UserTooLong
    );
    let credentials = Credentials::bearer("u", "t").unwrap();
    assert!(credentials.for_user(&of(1024), 5000).is_ok());
    assert_eq!(
        credentials.for_user(&of(1025), 5000).unwrap_err(),
        Invalid::UserTooLong
    );
    assert_eq!(
        credentials.for_user(&of(300), 299).unwrap_err(),
        Invalid::UserTooLong
    );
    assert!(Credentials::bearer("u", of(65536)).is_ok());
    assert_eq!(
        Credentials::bearer("u", of(65537)).unwrap_err(),
        Invalid::TokenTooLong
    );
    assert!(Credentials::password("u", of(1024)).is_ok());
    assert_eq!(
        Credentials::password("u", of(1025)).unwrap_err(),
        Invalid::PasswordForm
    );
    assert!(Endpoint::new(&of(255), 1).is_ok());
    assert_eq!(Endpoint::new(&of(256), 1).unwrap_err(), Invalid::Host);
    assert_eq!(Endpoint::new("", 1).unwrap_err(), Invalid::Host);
    assert_eq!(Endpoint::new("h", 0).unwrap_err(), Invalid::Port);
}

#[test]
fn what_is_empty_is_refused() {
    assert_eq!(
        Credentials::bearer("", "t").unwrap_err(),
        Invalid::UserEmpty
    );
    assert_eq!(
        Credentials::bearer("u", "").unwrap_err(),
        Invalid::TokenEmpty
    );
    assert_eq!(
        Credentials::password("u", "").unwrap_err(),
        Invalid::PasswordEmpty
    );
    assert_eq!(
        Credentials::external(Some("")).unwrap_err(),
        Invalid::UserEmpty
    );
    assert!(Credentials::external(None).is_ok());
}

/// What is left out decides the mechanism, too.
#[test]
fn incomplete_tokens_fit_one_mechanism() {
    for credentials in [
        Credentials::bearer_alone("t").unwrap(),
        Credentials::discovery("u").unwrap(),
    ] {
        assert!(credentials.fit(Mechanism::OAuthBearer));
        assert!(!credentials.fit(Mechanism::XOAuth2));
        assert!(!credentials.fit(Mechanism::Plain));
    }
}

#[test]
fn a_secret_is_found_where_it_is() {
    let credentials = Credentials::bearer("u", "0123456789").unwrap();
    assert!(credentials.stand_in(b"X-0123456789"));
    assert!(!credentials.stand_in(b"X-012345678"));
    assert!(credentials.stand_in(b"01234567 0123456789"));
    // Innocent words have seven letters as well.
    assert!(
        !Credentials::bearer("u", "SASL-IR")
            .unwrap()
            .stand_in(b"SASL-IR")
    );
    let debug = alloc::format!("{credentials:?}");
    assert!(
        !debug.contains("0123456789") && debug.contains("Token"),
        "{debug}"
    );
    assert_eq!(Invalid::TokenEmpty.to_string(), "the token is empty");
}
