//! The server's side of a whole login in memory: from the greeting to the answer that lets the client
//! in. The client is canned, the check is one comparison.

use base64::{Engine, engine::general_purpose::STANDARD};
use imap_auth::Imap;
use imap_next::{
    Interrupt, Io, State,
    server::{Event, Options, Server},
};
use imap_types::{
    core::Text,
    response::{Greeting, Status},
};
use mail_login_benches::{Table, floor::message, inputs::USER, inputs::token};
use sasl_core::{Accepting, Machine, Reason, Secret, Service, Step, Verdict};
use sieve_auth::Sieve;
use smtp_auth::Smtp;

fn main() {
    for octets in [200, 1536, 8192] {
        accept(&token(octets));
    }
}

fn accept(token: &str) {
    let mut message = Vec::new();
    message::append_xoauth2(USER, token, &mut message);
    let message = String::from_utf8(message).expect("base64 is text");
    let imap = format!("A1 AUTHENTICATE XOAUTH2 {message}\r\n");
    let smtp = format!("EHLO client.example.com\r\nAUTH XOAUTH2 {message}\r\n");
    let octets = message.len();
    let sieve = format!("AUTHENTICATE \"XOAUTH2\" {{{octets}+}}\r\n{message}\r\n");
    let secret = Secret::from(token);

    let mut table = Table::new(format!("Accept, token of {} octets", token.len()));
    table.floor("IMAP by hand", || by_hand(imap.as_bytes(), token));
    table.ours("imap_auth::Accept", || {
        by_accept::<Imap>(imap.as_bytes(), &secret)
    });
    table.other("smtp_auth::Accept", || {
        by_accept::<Smtp>(smtp.as_bytes(), &secret)
    });
    table.other("sieve_auth::Accept", || {
        by_accept::<Sieve>(sieve.as_bytes(), &secret)
    });
    table.other("imap-next 0.3.4, mechanism by hand", || {
        by_imap_next(imap.as_bytes(), token)
    });
    assert!(by_hand(imap.as_bytes(), token));
    assert!(by_accept::<Imap>(imap.as_bytes(), &secret));
    assert!(by_accept::<Smtp>(smtp.as_bytes(), &secret));
    assert!(by_accept::<Sieve>(sieve.as_bytes(), &secret));
    assert!(by_imap_next(imap.as_bytes(), token));
    table.run();
}

/// Ours, whatever the protocol. SMTP gets its commands one by one in the same bytes.
fn by_accept<P: Service>(said: &[u8], secret: &Secret) -> bool {
    let mut machine = P::accept_over_tls(P::AcceptOptions::default());
    machine.handle_input(said);
    loop {
        match machine.poll() {
            Ok(Step::Write(_) | Step::Event(_)) => {}
            Ok(Step::Done(Accepting::Presented(presented))) => {
                let credentials = presented.credentials();
                let verdict = if credentials.secret() == secret {
                    Verdict::accept(credentials.user())
                } else {
                    Verdict::refuse(Reason::TokenRejected)
                };
                P::decide(&mut machine, verdict);
            }
            Ok(Step::Done(Accepting::Accepted(accepted))) => return accepted.user() == USER,
            Ok(Step::Done(_) | Step::Read) | Err(_) => return false,
        }
    }
}

/// The least that does it: one line, one mechanism, no limits, nothing wiped.
fn by_hand(said: &[u8], token: &str) -> bool {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n");
    let Some(line) = memchr::memchr(b'\n', said).and_then(|at| said[..at].strip_suffix(b"\r"))
    else {
        return false;
    };
    let Some(at) = memchr::memchr(b' ', line) else {
        return false;
    };
    let (tag, rest) = line.split_at(at);
    let Some(text) = rest.strip_prefix(b" AUTHENTICATE XOAUTH2 ") else {
        return false;
    };
    let accepted = STANDARD
        .decode(text)
        .is_ok_and(|message| fits(&message, token));
    out.extend_from_slice(tag);
    out.extend_from_slice(b" OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n");
    std::hint::black_box(&out);
    accepted
}

fn fits(message: &[u8], token: &str) -> bool {
    let rest = message
        .strip_prefix(b"user=")
        .and_then(|rest| rest.strip_prefix(USER.as_bytes()))
        .and_then(|rest| rest.strip_prefix(b"\x01auth=Bearer "));
    rest.and_then(|rest| rest.strip_suffix(b"\x01\x01"))
        .is_some_and(|shown| shown == token.as_bytes())
}

fn by_imap_next(said: &[u8], token: &str) -> bool {
    let greeting = Greeting::ok(None, "ready").expect("it is text");
    let mut server = Server::new(Options::default(), greeting);
    server.enqueue_input(said);
    let mut accepted = false;
    loop {
        match server.next() {
            Err(Interrupt::Io(Io::Output(bytes))) => {
                if accepted {
                    return bytes.starts_with(b"A1 OK");
                }
            }
            Ok(Event::GreetingSent { .. }) => {}
            Ok(Event::CommandAuthenticateReceived {
                command_authenticate,
            }) => {
                let message = command_authenticate.initial_response;
                accepted = message.is_some_and(|message| fits(message.declassify(), token));
                let text = Text::try_from("Logged in").expect("it is text");
                let status = Status::ok(Some(command_authenticate.tag), None, text);
                let status = status.expect("it is a status");
                if server.authenticate_finish(status).is_err() {
                    return false;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}
