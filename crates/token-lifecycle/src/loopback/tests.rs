use alloc::{format, string::String, vec};

use proptest::prelude::*;

use super::*;
use crate::{Client, Redirect, State, Url, Verifier};

const STATE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

fn authorization() -> Authorization {
    Authorization::new(
        &Url::new("https://id.example.com/authorize").unwrap(),
        &Client::public("app").unwrap(),
        Redirect::loopback(51004, "/cb").unwrap(),
        State::from_entropy(&[7; 32]),
        Verifier::from_entropy(&[9; 32]),
    )
}

/// What is answered to a request that comes in pieces of this size, with the end of the stream.
fn answer_by(request: &[u8], piece: usize) -> Result<Callback, CallbackError> {
    let (mut browser, mut authorization) = (Loopback::new(), authorization());
    for piece in request.chunks(piece) {
        browser.handle_input(piece);
        if let Some(answer) = browser.receive(&mut authorization) {
            return answer;
        }
    }
    browser.handle_input(b"");
    browser.receive(&mut authorization).unwrap()
}

fn status(request: &str) -> String {
    let answer = answer_by(request.as_bytes(), usize::MAX);
    let page = String::from_utf8(Page::of(&answer).response("")).unwrap();
    page.lines().next().unwrap().into()
}

#[test]
fn each_page() {
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:51004\r\n\r\n");
    for (request, line) in [
        (get(&format!("/cb?code=x&state={STATE}")), "HTTP/1.1 200 OK"),
        (
            get(&format!("/cb?error=access_denied&state={STATE}")),
            "HTTP/1.1 200 OK",
        ),
        (get("/favicon.ico"), "HTTP/1.1 404 Not Found"),
        (get("/cb?code=x&state=forged"), "HTTP/1.1 400 Bad Request"),
        (
            format!("POST /cb?code=x&state={STATE} HTTP/1.1\r\n"),
            "HTTP/1.1 400 Bad Request",
        ),
        (
            format!("GET /cb?code=x&state={STATE}\r\n"),
            "HTTP/1.1 400 Bad Request",
        ),
        (
            format!("GET  /cb?code=x&state={STATE} HTTP/1.1\r\n"),
            "HTTP/1.1 400 Bad Request",
        ),
        (
            format!("GET /cb?code=x&state={STATE} HTTP/2.0\r\n"),
            "HTTP/1.1 400 Bad Request",
        ),
        (String::new(), "HTTP/1.1 400 Bad Request"),
        (
            String::from("\u{16}\u{3}\u{1}TLS"),
            "HTTP/1.1 400 Bad Request",
        ),
    ] {
        assert_eq!(status(&request), line, "{request:?}");
    }
}

#[test]
fn nothing_is_said_before_the_line_is_there() {
    let (mut browser, mut authorization) = (Loopback::new(), authorization());
    browser.handle_input(format!("GET /cb?code=x&state={STATE} HTTP/1.1").as_bytes());
    assert!(browser.receive(&mut authorization).is_none());
    browser.handle_input(b"\r\nHost: x\r\nGET /favicon.ico HTTP/1.1\r\n");
    browser.handle_input(b"more");
    assert!(matches!(
        browser.receive(&mut authorization),
        Some(Ok(Callback::Code(_)))
    ));
}

#[test]
fn a_line_that_is_too_long_is_not_kept() {
    let mut browser = Loopback::new();
    for _ in 0..1000 {
        browser.handle_input(&vec![b'x'; 1000]);
    }
    assert!(browser.line.len() <= LENGTH + 1 && browser.line.capacity() <= 64 << 10);
    let answer = browser.receive(&mut authorization()).unwrap();
    assert_eq!(answer.unwrap_err(), CallbackError::Length);
    // As long as an answer may be it is read.
    let code = "x".repeat((16 << 10) - "/cb?code=&state=".len() - STATE.len());
    let request = format!("GET /cb?code={code}&state={STATE} HTTP/1.1\r\n");
    assert!(answer_by(request.as_bytes(), 100).is_ok());
}

#[test]
fn the_code_is_not_shown() {
    let mut browser = Loopback::new();
    browser.handle_input(b"GET /cb?code=hunter2");
    assert_eq!(format!("{browser:?}"), "Loopback(20 octets)");
}

proptest! {
    /// However the octets are cut, and whatever they are.
    #[test]
    fn pieces_change_nothing(noise in proptest::collection::vec(any::<u8>(), 0..60), known in any::<bool>(), piece in 1..9_usize) {
        let mut request = if known { format!("GET /cb?code=x&state={STATE} HTTP/1.1").into_bytes() } else { vec![] };
        request.extend(noise);
        let whole = answer_by(&request, usize::MAX).map(|_| ());
        prop_assert_eq!(answer_by(&request, piece).map(|_| ()), whole);
    }
}
