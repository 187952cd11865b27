//! The browser against pages of this test.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use mail_login_browser::Browser;

const FORM: &str = r#"<title>Who?</title><body>
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }</style>
<form action="/welcome"><input name="login" value="nobody"><input name="note" type="hidden" value="h">
<button type="submit">In</button></form><p hidden>not to be seen</p></body>"#;

/// Answers every request with the form, or with who came by it, a moment later.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    origin
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut head = BufReader::new(stream.try_clone().ok()?).lines();
    let line = head.next()?.ok()?;
    head.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
        .for_each(drop);
    let page = match line.split_once("login=") {
        Some((_, rest)) => format!(
            "<title>Welcome</title><body><script>setTimeout(() => document.body.append('hello {}'), 300)</script></body>",
            rest.split(['&', ' ']).next()?
        ),
        None => FORM.to_owned(),
    };
    let cookie = "Set-Cookie: session=s3; HttpOnly; SameSite=Lax";
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{cookie}\r\nConnection: close");
    write!(stream, "{head}\r\n\r\n<!DOCTYPE html>{page}").ok()
}

#[test]
fn a_form_is_filled_and_sent() {
    let origin = server();
    let browser = Browser::start();
    browser.visit(&origin);
    assert_eq!(browser.title(), "Who?");
    assert!(
        !browser.text().contains("not to be seen"),
        "{}",
        browser.text()
    );
    browser.fill("login", "alice");
    browser.click("button[type=submit]");
    let url = browser.wait_for_url("/welcome");
    assert_eq!(url, format!("{origin}/welcome?login=alice&note=h"));
    assert_eq!(browser.wait_for_text("hello"), "hello alice");
    let cookies = browser.cookies();
    let cookie = cookies.first().unwrap();
    assert_eq!((&*cookie.name, &*cookie.value), ("session", "s3"));
    assert_eq!(cookie.http_only, Some(true));
}

#[test]
fn pictures_tabs_and_colours() {
    let origin = server();
    let browser = Browser::start();
    let first = browser.tab();
    browser.visit(&origin);
    let colour = || browser.script("return getComputedStyle(document.body).backgroundColor");
    browser.prefer_dark(true);
    assert_eq!(colour(), "rgb(0, 0, 0)");
    browser.prefer_dark(false);
    assert_eq!(colour(), "rgb(255, 255, 255)");

    let file = tempfile::NamedTempFile::new().unwrap();
    browser.screenshot(file.path());
    let picture = fs::read(file.path()).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 1000);

    browser.open_tab();
    assert_eq!(browser.url(), "about:blank");
    browser.switch_to(&first);
    assert_eq!(browser.title(), "Who?");
}

#[test]
#[should_panic(expected = "ERR_NAME_NOT_RESOLVED")]
fn other_machines_are_not_reached() {
    Browser::start().visit("http://www.example.com/");
}

#[test]
fn two_are_strangers_and_nothing_stays() {
    let origin = server();
    let (one, other) = (Browser::start(), Browser::start());
    one.visit(&origin);
    one.script("localStorage.setItem('k', 'v')");
    other.visit(&origin);
    assert!(other.script("return localStorage.getItem('k')").is_null());
    let flags = [one.profile_flag(), other.profile_flag()];
    assert!(flags.iter().all(|flag| runs(flag)));
    drop((one, other));
    assert!(!flags.iter().any(|flag| runs(flag)));
    let profile = |flag: &str| flag.split_once('=').unwrap().1.to_owned();
    assert!(!flags.iter().any(|flag| fs::exists(profile(flag)).unwrap()));
}

/// Whether there is a process with this argument.
fn runs(argument: &str) -> bool {
    let list = Command::new("ps").args(["-eo", "args"]).output().unwrap();
    String::from_utf8_lossy(&list.stdout).contains(argument)
}
