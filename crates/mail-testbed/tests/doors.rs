//! The three doors of the three servers: who gets in, who does not and why, and what is noted of it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

#[path = "support/login.rs"]
mod support;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use imap_auth::Imap;
use mail_login_blocking::{Failure, Server, TlsProblem};
use mail_testbed::{
    Attempted, Authority, Issue, MailOptions, MailServer, Testbed, TestbedOptions, User,
};
use sasl_core::{Advice, Credentials, Mechanism, Protocol, Reason, Settings};
use sieve_auth::Sieve;
use smtp_auth::Smtp;
use support::{DOORS, Door, USER, ask, bearer, by, log_in, through};

const PASSWORD: &str = "wonderland";

/// A testbed that knows a user by password, too.
fn start(mail: MailOptions) -> Testbed {
    let options = TestbedOptions::new().user(User::new(USER).password(PASSWORD));
    Testbed::with(options.mail(mail)).unwrap()
}

/// What is noted of the last login.
#[track_caller]
fn last(server: &MailServer) -> Attempted {
    server.attempts().pop().unwrap()
}

#[test]
fn every_mechanism_through_every_door() {
    let testbed = start(MailOptions::new());
    every_mechanism::<Imap>(&testbed, testbed.imap());
    every_mechanism::<Smtp>(&testbed, testbed.smtp());
    every_mechanism::<Sieve>(&testbed, testbed.sieve());
}

fn every_mechanism<P: Protocol>(testbed: &Testbed, server: &MailServer) {
    let mechanisms = [Mechanism::OAuthBearer, Mechanism::Plain, Mechanism::XOAuth2];
    for door in DOORS {
        for mechanism in mechanisms {
            let credentials = match mechanism {
                Mechanism::Plain => Credentials::password(USER, PASSWORD).unwrap(),
                _ => bearer(&testbed.token(USER)),
            };
            let address = through(door, server, testbed.authority());
            let connection = log_in::<P>(&address, credentials, by(mechanism)).accepted();
            assert_eq!(connection.session.mechanism(), Some(mechanism));
            let noted = last(server);
            assert_eq!(noted.user, USER, "{noted:?}");
            assert_eq!(noted.mechanism, Some(mechanism));
            assert_eq!(noted.tls, door != Door::Clear, "{} {door:?}", P::NAME);
            assert_eq!(noted.refused, None);
        }
    }
    assert_eq!((server.accepted(), server.refused()), (9, 0));
}

#[test]
fn no_login_in_clear_where_starttls_is_wanted() {
    let testbed = start(MailOptions::new());
    refused_in_clear::<Imap>(&testbed, testbed.imap());
    refused_in_clear::<Smtp>(&testbed, testbed.smtp());
    refused_in_clear::<Sieve>(&testbed, testbed.sieve());
}

fn refused_in_clear<P: Protocol>(testbed: &Testbed, server: &MailServer) {
    let address = Server::dangerous_in_clear("127.0.0.1", server.starttls().port());
    let ended = log_in::<P>(&address, bearer(&testbed.token(USER)), Settings::new());
    let rejection = ended.rejected();
    assert_eq!(rejection.advice(), Advice::ChangeSettings, "{rejection:?}");
    // Even one who sends it all the same is not listened to.
    let forced = by(Mechanism::XOAuth2).force_mechanism(true);
    let ended = log_in::<P>(&address, bearer(&testbed.token(USER)), forced);
    let reason = ended.rejected().reason();
    assert_eq!(reason, Reason::EncryptionRequired, "{}", P::NAME);
    assert!(server.attempts().is_empty(), "{:?}", server.attempts());
}

#[test]
fn tokens_that_do_not_count() {
    let testbed = start(MailOptions::new());
    let provider = testbed.provider();
    let old = testbed.token(USER);
    provider.advance(Duration::from_secs(3601));
    let revoked = testbed.token(USER);
    provider.revoke_token(&revoked);
    let other_scope = provider.issue(Issue::to(USER).scope("calendar"));
    let rejected = (Reason::TokenRejected, Advice::RefreshToken);
    for (token, (reason, advice)) in [
        ("mF_9.B5f-4.1JqM", rejected),
        (&old, rejected),
        (&revoked, rejected),
        (
            other_scope.access_token(),
            (Reason::ScopeInsufficient, Advice::SignInAgain),
        ),
    ] {
        refused::<Imap>(&testbed, testbed.imap(), token, reason, advice);
        refused::<Smtp>(&testbed, testbed.smtp(), token, reason, advice);
        refused::<Sieve>(&testbed, testbed.sieve(), token, reason, advice);
    }
    assert_eq!(
        (testbed.imap().accepted(), testbed.imap().refused()),
        (0, 8)
    );
}

/// Refused by both mechanisms, to both ends: what the client makes of it is what was meant.
#[track_caller]
fn refused<P: Protocol>(
    testbed: &Testbed,
    server: &MailServer,
    token: &str,
    reason: Reason,
    advice: Advice,
) {
    let address = through(Door::ImplicitTls, server, testbed.authority());
    for mechanism in [Mechanism::OAuthBearer, Mechanism::XOAuth2] {
        let rejection = log_in::<P>(&address, bearer(token), by(mechanism)).rejected();
        assert_eq!(rejection.reason(), reason, "{} {rejection:?}", P::NAME);
        assert_eq!(rejection.advice(), advice);
        let document = rejection.refusal().unwrap();
        assert_eq!(document.scope(), Some("mail"));
        assert_eq!(last(server).refused, Some(reason));
    }
}

#[test]
fn a_token_for_somebody_else() {
    let options = MailOptions::new().audience("https://mail.example.com/");
    let testbed = start(options);
    let server = testbed.imap();
    let address = through(Door::ImplicitTls, server, testbed.authority());
    let log_in = |token: &str| log_in::<Imap>(&address, bearer(token), Settings::new());
    let provider = testbed.provider();
    let mine = provider.issue(Issue::to(USER).audience("https://mail.example.com/"));
    log_in(mine.access_token()).accepted();
    let other = provider.issue(Issue::to(USER).audience("https://files.example.com/"));
    let rejection = log_in(other.access_token()).rejected();
    assert_eq!(rejection.reason(), Reason::TokenRejected);
    // Another person's token opens that person's mailbox alone.
    let rejection = log_in(&testbed.token("bob@example.com")).rejected();
    assert_eq!(last(server).refused, Some(Reason::AuthorizationDenied));
    assert_ne!(rejection.reason(), Reason::Temporary, "{rejection:?}");
}

#[test]
fn passwords() {
    let testbed = start(MailOptions::new());
    let address = through(Door::StartTls, testbed.smtp(), testbed.authority());
    for (user, password) in [(USER, "looking-glass"), ("bob@example.com", PASSWORD)] {
        let credentials = Credentials::password(user, password).unwrap();
        let rejection = log_in::<Smtp>(&address, credentials, Settings::new()).rejected();
        assert_eq!(rejection.reason(), Reason::CredentialsRejected);
        assert_eq!(rejection.advice(), Advice::SignInAgain);
        assert_eq!(last(testbed.smtp()).mechanism, Some(Mechanism::Plain));
    }
    assert_eq!(testbed.smtp().refused(), 2);
}

#[test]
fn what_is_not_offered_is_not_tried() {
    let testbed = start(MailOptions::new().mechanisms([Mechanism::XOAuth2]));
    let address = through(Door::ImplicitTls, testbed.imap(), testbed.authority());
    let connection =
        log_in::<Imap>(&address, bearer(&testbed.token(USER)), Settings::new()).accepted();
    assert_eq!(connection.session.mechanism(), Some(Mechanism::XOAuth2));
    let credentials = Credentials::password(USER, PASSWORD).unwrap();
    let rejection = log_in::<Imap>(&address, credentials, Settings::new()).rejected();
    assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
    assert_eq!(testbed.imap().attempts().len(), 1);
}

#[test]
fn a_server_that_explains_nothing_or_is_in_trouble() {
    let testbed = start(MailOptions::new().explain(false));
    let address = through(Door::ImplicitTls, testbed.imap(), testbed.authority());
    let rejection = log_in::<Imap>(&address, bearer("unknown"), Settings::new()).rejected();
    assert!(rejection.refusal().is_none(), "{rejection:?}");

    let testbed = start(MailOptions::new().refuse(|_| Some(Reason::Temporary)));
    let address = through(Door::ImplicitTls, testbed.imap(), testbed.authority());
    let credentials = bearer(&testbed.token(USER));
    let rejection = log_in::<Imap>(&address, credentials, Settings::new()).rejected();
    assert_eq!(rejection.reason(), Reason::Temporary);
    assert_eq!(rejection.advice(), Advice::RetryLater);
}

#[test]
fn certificates_that_must_not_be_trusted() {
    let problem = |testbed: &Testbed, authority: &Authority, door| {
        let address = through(door, testbed.imap(), authority);
        let credentials = bearer(&testbed.token(USER));
        match log_in::<Imap>(&address, credentials, Settings::new()).broken() {
            Failure::Tls(problem) => problem,
            other => panic!("{other:?}"),
        }
    };
    let expired = start(MailOptions::new().expired_certificate());
    let elsewhere = start(MailOptions::new().certificate_only_for("elsewhere.example.com"));
    let stranger = Authority::new().unwrap();
    for door in [Door::ImplicitTls, Door::StartTls] {
        assert_eq!(
            problem(&expired, expired.authority(), door),
            TlsProblem::Expired
        );
        let wrong = problem(&elsewhere, elsewhere.authority(), door);
        assert!(matches!(wrong, TlsProblem::WrongName { .. }), "{wrong:?}");
        // Who does not know the authority does not even look at the date.
        let unknown = problem(&elsewhere, &stranger, door).kind();
        assert!(unknown.starts_with("certificate-"), "{unknown}");
    }
    for testbed in [&expired, &elsewhere] {
        assert!(testbed.imap().attempts().is_empty());
    }
    let address = through(Door::ImplicitTls, elsewhere.imap(), elsewhere.authority());
    let address = address.server_name("elsewhere.example.com");
    log_in::<Imap>(&address, bearer(&elsewhere.token(USER)), Settings::new()).accepted();
}

#[test]
fn messages_are_kept_as_they_were_meant() {
    let testbed = start(MailOptions::new());
    for door in DOORS {
        let address = through(door, testbed.smtp(), testbed.authority());
        let credentials = bearer(&testbed.token(USER));
        let mut connection = log_in::<Smtp>(&address, credentials, Settings::new()).accepted();
        // All at once, as a client may (PIPELINING).
        let commands = "MAIL FROM:<alice@example.com> BODY=8BITMIME\r\n\
            RCPT TO:<bob@example.com>\r\nRCPT TO:<carol@example.com>\r\nDATA\r\n";
        ask(&mut connection, commands, "354 ");
        let content = "Subject: t\r\n\r\n..dots\r\nend{5}\r\n.\r\n";
        ask(&mut connection, content, "250 2.0.0 Accepted\r\n");
        ask(&mut connection, "QUIT\r\n", "221 ");
    }
    let messages = testbed.smtp().messages();
    assert_eq!(messages.len(), 3);
    for message in messages {
        assert_eq!(message.user, USER);
        assert_eq!(message.from, USER);
        assert_eq!(message.to, ["bob@example.com", "carol@example.com"]);
        assert_eq!(message.content, b"Subject: t\r\n\r\n.dots\r\nend{5}\r\n");
    }
}

#[test]
fn an_empty_mailbox_and_what_is_delivered() {
    let testbed = start(MailOptions::new());
    let address = through(Door::StartTls, testbed.imap(), testbed.authority());
    let credentials = bearer(&testbed.token(USER));
    let mut connection = log_in::<Imap>(&address, credentials, Settings::new()).accepted();
    let answer = ask(&mut connection, "x SELECT INBOX\r\n", "x OK");
    assert!(answer.contains("* 0 EXISTS\r\n"), "{answer}");
    let answer = ask(&mut connection, "y IDLE\r\n", "+ ");
    assert!(!answer.contains("y "), "{answer}");
    ask(&mut connection, "DONE\r\n", "y OK");
    ask(&mut connection, "z SELECT {5}\r\n", "+ Go on\r\n");
    ask(&mut connection, "Spam1\r\n", "z NO [NONEXISTENT]");

    testbed.deliver(USER, b"Subject: one\r\nX: y\r\n\r\nHello\r\n");
    testbed.deliver("bob@example.com", b"Subject: of somebody else\r\n\r\n");
    let answer = ask(&mut connection, "a SELECT INBOX\r\n", "a OK");
    assert!(answer.contains("* 1 EXISTS\r\n"), "{answer}");
    let command = "b FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n";
    let answer = ask(&mut connection, command, "b OK");
    let header = "(SUBJECT)] {16}\r\nSubject: one\r\n\r\n)\r\n";
    assert!(answer.contains(header), "{answer}");
    let answer = ask(&mut connection, "c UID FETCH 1 BODY[]<30.99>\r\n", "c OK");
    assert!(answer.contains("BODY[]<30> {0}\r\n)\r\n"), "{answer}");
    let answer = ask(&mut connection, "d UID FETCH 2 BODY[]\r\n", "d OK");
    assert!(!answer.contains("FETCH ("), "{answer}");
}

#[test]
fn scripts_are_kept_for_their_user() {
    let testbed = start(MailOptions::new());
    let address = through(Door::StartTls, testbed.sieve(), testbed.authority());
    let sieve = |user: &str| {
        let credentials = Credentials::bearer(user, testbed.token(user)).unwrap();
        log_in::<Sieve>(&address, credentials, Settings::new()).accepted()
    };
    let mut connection = sieve(USER);
    ask(&mut connection, "LISTSCRIPTS\r\n", "OK\r\n");
    ask(&mut connection, "GETSCRIPT \"a\"\r\n", "NO (NONEXISTENT)");
    ask(
        &mut connection,
        "PUTSCRIPT \"a\" {5+}\r\nif x{\r\n",
        "NO \"line 1",
    );
    ask(
        &mut connection,
        "PUTSCRIPT \"a\" {7+}\r\nkeep;\r\n\r\n",
        "OK\r\n",
    );
    ask(&mut connection, "SETACTIVE \"a\"\r\n", "OK\r\n");
    let answer = ask(&mut connection, "LISTSCRIPTS\r\n", "OK\r\n");
    assert_eq!(answer, "\"a\" ACTIVE\r\nOK\r\n");
    ask(&mut connection, "DELETESCRIPT \"a\"\r\n", "NO (ACTIVE)");
    let answer = ask(&mut connection, "GETSCRIPT \"a\"\r\n", "OK\r\n");
    assert_eq!(answer, "{7}\r\nkeep;\r\n\r\nOK\r\n");
    let answer = ask(&mut sieve("bob@example.com"), "LISTSCRIPTS\r\n", "OK\r\n");
    assert_eq!(answer, "OK\r\n");
}

#[test]
fn refused_too_often_the_connection_is_closed() {
    let testbed = start(MailOptions::new().failures(2));
    let mut socket = TcpStream::connect(testbed.imap().in_clear()).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // PLAIN for the user with a wrong password, and no base64 at all.
    socket
        .write_all(b"a AUTHENTICATE PLAIN AGFsaWNlAHdyb25n\r\nb AUTHENTICATE PLAIN AAAA\r\n")
        .unwrap();
    let mut all = String::new();
    socket.read_to_string(&mut all).unwrap();
    assert!(all.contains("\r\na NO "), "{all}");
    assert!(all.contains("* BYE "), "{all}");
    assert_eq!(testbed.imap().connections(), 0);
}

#[test]
fn who_takes_too_long_is_cut_off() {
    let testbed = start(MailOptions::new().login_time(Duration::from_millis(200)));
    let imap = testbed.imap();
    for address in [imap.in_clear(), imap.starttls(), imap.implicit_tls()] {
        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // What comes until then does not matter; that it ends does.
        let mut all = Vec::new();
        socket.read_to_end(&mut all).unwrap();
    }
    assert_eq!(imap.connections(), 0);
}

#[test]
fn it_ends_when_it_is_dropped_with_its_connections() {
    let testbed = start(MailOptions::new());
    let server = testbed.imap();
    let doors = [server.in_clear(), server.starttls(), server.implicit_tls()];
    let address = through(Door::ImplicitTls, server, testbed.authority());
    let credentials = bearer(&testbed.token(USER));
    let mut inside = log_in::<Imap>(&address, credentials, Settings::new()).accepted();
    let mut outside = TcpStream::connect(doors[0]).unwrap();
    outside
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    assert!(outside.read(&mut [0; 4096]).unwrap() > 0);
    assert_eq!(server.connections(), 2);
    drop(testbed);
    let mut rest = Vec::new();
    // Closed or reset, whichever: there is nobody.
    let _ = outside.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
    inside
        .stream
        .set_read_timeout(Some(Duration::from_secs(20)));
    assert!(matches!(inside.stream.read(&mut [0; 64]), Ok(0) | Err(_)));
    for door in doors {
        assert!(TcpStream::connect(door).is_err(), "{door}");
    }
}
