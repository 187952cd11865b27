use alloc::{format, string::ToString, vec};

use proptest::prelude::*;

use super::*;

const STATE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

fn read_by(
    answer: &str,
    issuer: Option<&str>,
    issuer_required: bool,
) -> Result<Callback, CallbackError> {
    parse(
        answer.as_bytes(),
        &Expected {
            redirect: &Redirect::new("http://127.0.0.1:51004/cb").unwrap(),
            state: &State::from_entropy(&[7; 32]),
            issuer,
            issuer_required,
        },
    )
}

fn read(answer: &str) -> Result<Callback, CallbackError> {
    read_by(answer, None, false)
}

fn code_of(answer: &str) -> String {
    match read(answer) {
        Ok(Callback::Code(code)) => code.secret().expose().into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_code() {
    for answer in [
        format!("/cb?code=SplxlOBeZQQYbYS6WxSbIA&state={STATE}"),
        format!("/cb?state={STATE}&code=SplxlOBeZQQYbYS6WxSbIA&session_state=x&x=1&x=2"),
        format!("http://127.0.0.1:51004/cb?code=SplxlOBeZQQYbYS6WxSbIA&state={STATE}"),
        format!(" http://127.0.0.1:51004/cb?code=Splxl%4FBeZQQYbYS6WxSbIA&state={STATE}#_=_\r\n"),
        format!("/cb?code=SplxlOBeZQQYbYS6WxSbIA&state={STATE}&error="),
    ] {
        assert_eq!(code_of(&answer), "SplxlOBeZQQYbYS6WxSbIA", "{answer}");
    }
}

#[test]
fn a_refusal() {
    let answer =
        format!("/cb?error=access_denied&error_description=The+user+said%0Ano&state={STATE}");
    let Ok(Callback::Refused(denial)) = read(&answer) else {
        panic!("no refusal")
    };
    assert_eq!(denial.error().to_string(), "access_denied");
    assert_eq!(denial.description().to_string(), "The user said\\u{a}no");
    assert!(denial.is_by_user() && !denial.is_temporary());
    let answer = format!("/cb?error=temporarily_unavailable&state={STATE}");
    let Ok(Callback::Refused(denial)) = read(&answer) else {
        panic!("no refusal")
    };
    assert!(denial.is_temporary() && denial.description().is_empty());
}

#[test]
fn what_is_no_answer() {
    let long = format!("/cb?state={STATE}&code={}", "x".repeat(LENGTH));
    for (answer, why) in [
        ("", CallbackError::OtherPath),
        ("/", CallbackError::OtherPath),
        ("/favicon.ico", CallbackError::OtherPath),
        (
            &format!("/other?code=x&state={STATE}"),
            CallbackError::OtherPath,
        ),
        (
            &format!("http://evil.example/cb?code=x&state={STATE}"),
            CallbackError::OtherPath,
        ),
        ("/cb", CallbackError::State),
        ("/cb?code=x", CallbackError::State),
        ("/cb?code=x&state=", CallbackError::State),
        (&format!("/cb?code=x&state={STATE}x"), CallbackError::State),
        (
            &format!("/cb?code=x&state={}", STATE.to_ascii_lowercase()),
            CallbackError::State,
        ),
        (
            &format!("/cb?error=access_denied&state=x{STATE}"),
            CallbackError::State,
        ),
        // What comes in a fragment is of another flow.
        (&format!("/cb#code=x&state={STATE}"), CallbackError::State),
        (&format!("/cb?state={STATE}"), CallbackError::Form),
        (&format!("/cb?code=&state={STATE}"), CallbackError::Form),
        (
            &format!("/cb?code=x&error=y&state={STATE}"),
            CallbackError::Form,
        ),
        (&format!("/cb?code=%&state={STATE}"), CallbackError::Form),
        (&format!("/cb?code=%ff&state={STATE}"), CallbackError::Form),
        (
            &format!("/cb?code=a%0Ab&state={STATE}"),
            CallbackError::Form,
        ),
        (
            &format!("/cb?code=%C3%A4&state={STATE}"),
            CallbackError::Form,
        ),
        (
            &format!("/cb?code=x&code=x&state={STATE}"),
            CallbackError::Duplicate,
        ),
        (
            &format!("/cb?code=x&state={STATE}&state=y"),
            CallbackError::Duplicate,
        ),
        (
            &format!("/cb?code=x&c%6Fde=&state={STATE}"),
            CallbackError::Duplicate,
        ),
        (
            &format!("/cb?code=x&iss=a&iss=a&state={STATE}"),
            CallbackError::Duplicate,
        ),
        (&long, CallbackError::Length),
    ] {
        assert_eq!(read(answer).unwrap_err(), why, "{answer}");
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9207#section-2.3>, and what must not be taken.
#[test]
fn the_issuer_is_compared() {
    let with = |issuer: &str| {
        format!(
            "/cb?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58&state={STATE}&iss={issuer}"
        )
    };
    let honest = Some("https://honest.as.example");
    let right = with("https%3A%2F%2Fhonest.as.example");
    for required in [false, true] {
        assert!(read_by(&right, honest, required).is_ok());
        for wrong in [
            "https%3A%2F%2Fevil.example",
            "https%3A%2F%2Fhonest.as.example%2F",
            "https%3A%2F%2FHONEST.as.example",
            "x",
        ] {
            let read = read_by(&with(wrong), honest, required);
            assert_eq!(read.unwrap_err(), CallbackError::Issuer, "{wrong}");
        }
    }
    assert!(read_by(&with(""), honest, false).is_ok());
    assert_eq!(
        read_by(&with(""), honest, true).unwrap_err(),
        CallbackError::IssuerMissing
    );
    // An error has to come from the right one as well.
    let error = format!("/cb?error=access_denied&state={STATE}&iss=https%3A%2F%2Fevil.example");
    assert_eq!(
        read_by(&error, honest, false).unwrap_err(),
        CallbackError::Issuer
    );
}

#[test]
fn octets_that_are_no_text() {
    let mut answer = format!("/cb?code=x&state={STATE}&x=").into_bytes();
    answer.push(0xff);
    let redirect = Redirect::new("http://127.0.0.1:51004/cb").unwrap();
    let state = State::from_entropy(&[7; 32]);
    let expected = Expected {
        redirect: &redirect,
        state: &state,
        issuer: None,
        issuer_required: false,
    };
    assert_eq!(parse(&answer, &expected).unwrap_err(), CallbackError::Form);
    assert_eq!(
        parse(&vec![0; LENGTH + 1], &expected).unwrap_err(),
        CallbackError::Length
    );
}

proptest! {
    #[test]
    fn another_state_never_gives_a_code(state in "[A-Za-z0-9_-]{0,60}", rest in "(&[a-z]{1,5}=[a-z%0-9]{0,5}){0,3}") {
        prop_assume!(state != STATE);
        let answer = format!("/cb?code=x&state={state}{rest}");
        prop_assert!(read(&answer).is_err());
    }

    #[test]
    fn any_code_comes_through(code in "[ -~]{1,80}") {
        let mut form = form::Form::new();
        form.push("code", &code);
        form.push("state", STATE);
        let answer = format!("/cb?{}", form.as_str());
        prop_assert_eq!(code_of(&answer), code);
    }
}
