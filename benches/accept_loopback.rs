//! Logins per second that the embedded servers take, over TCP on loopback: a blaster that writes canned
//! bytes connects, logs in and closes, one connection after the other. The server has a thread of its own.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use mail_login_benches::{Table, floor::message};
use mail_login_blocking::{Login, Server, Silent, login};
use mail_testbed::{MailServer, Testbed};
use sasl_core::{Credentials, Protocol};

fn main() {
    let testbed = Testbed::start().expect("there are sockets");
    let token = testbed.token(USER);
    let mut message = Vec::new();
    message::append_xoauth2(USER, &token, &mut message);
    let message = String::from_utf8(message).expect("base64 is text");

    let auth = format!("AUTH XOAUTH2 {message}\r\n");
    let octets = message.len();
    let authenticate = format!("AUTHENTICATE \"XOAUTH2\" {{{octets}+}}\r\n{message}\r\n");
    let line = format!("A1 AUTHENTICATE XOAUTH2 {message}\r\n");
    let canned = canned_server();
    let mut table = Table::of_waiting("Embedded servers, in clear");
    table.floor("IMAP, canned answers on `std`", || {
        blast(canned, &[line.as_bytes()])
    });
    let imap = testbed.imap().in_clear();
    table.ours("IMAP, embedded server", || blast(imap, &[line.as_bytes()]));
    let smtp = testbed.smtp().in_clear();
    table.other("SMTP, embedded server", || {
        blast(smtp, &[b"EHLO client.example.com\r\n", auth.as_bytes()])
    });
    let sieve = testbed.sieve().in_clear();
    table.other("ManageSieve, embedded server", || {
        blast(sieve, &[authenticate.as_bytes()])
    });
    table.run();

    let credentials = Credentials::bearer(USER, token).expect("they are well-formed");
    let pem = testbed.authority().pem();
    let mut table = Table::of_waiting("Embedded servers, TLS, `mail_login_blocking`");
    table.ours("IMAP", || {
        over_tls::<imap_auth::Imap>(testbed.imap(), &pem, &credentials)
    });
    table.other("SMTP", || {
        over_tls::<smtp_auth::Smtp>(testbed.smtp(), &pem, &credentials)
    });
    table.other("ManageSieve", || {
        over_tls::<sieve_auth::Sieve>(testbed.sieve(), &pem, &credentials)
    });
    table.run();
    assert_eq!(testbed.imap().refused(), 0);
}

const USER: &str = "alice@example.com";

/// Connects, says each line when something was said, and closes when the last answer came.
fn blast(address: SocketAddr, lines: &[&[u8]]) -> usize {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("it is TCP");
    let mut buffer = [0; 4096];
    let mut heard = stream.read(&mut buffer).expect("it greets");
    for line in lines {
        stream.write_all(line).expect("it listens");
        heard = stream.read(&mut buffer).expect("it answers");
    }
    let answer = &buffer[..heard];
    let accepted = [&b"A1 OK"[..], b"235 ", b"OK "];
    assert!(accepted.iter().any(|start| answer.starts_with(start)));
    heard
}

fn over_tls<P: Protocol>(server: &MailServer, pem: &str, credentials: &Credentials) -> u32 {
    let server = Server::implicit_tls("localhost", server.implicit_tls().port())
        .extra_ca_pem(pem.as_bytes())
        .expect("it is a certificate");
    let options = P::Options::default();
    match login::<P>(&server, credentials.clone(), options, &mut Silent).expect("it answers") {
        Login::Accepted(connection) => connection.session.round_trips(),
        Login::Rejected(refused) => panic!("{}", refused.rejection()),
    }
}

/// Greets, and lets in whoever says a line.
fn canned_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are sockets");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        for mut stream in listener.incoming().flatten() {
            let _ = stream.set_nodelay(true);
            let _ = stream.write_all(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n");
            loop {
                let read = stream.read(&mut buffer).unwrap_or(0);
                if read == 0 || buffer[..read].ends_with(b"\r\n") {
                    break;
                }
            }
            let _ = stream.write_all(b"A1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n");
            // The client closes first.
            let _ = stream.read(&mut buffer);
        }
    });
    address
}
