//! What an SMTP server offers: one reply at once, in small pieces through the machine, and a hostile one.

use std::{borrow::Cow, hint::black_box};

use io_smtp::{
    coroutine::{SmtpCoroutine, SmtpCoroutineState},
    rfc5321::{SmtpDomain, SmtpEhloDomain, SmtpEhloResponse, ehlo::SmtpEhlo},
};
use lettre::transport::smtp::{
    authentication::Mechanism as LettreMechanism,
    extension::{Extension, ServerInfo},
    response::Response,
};
use mail_login_benches::{
    Table,
    count::heap_of,
    floor::{self, OAUTHBEARER, STARTTLS, XOAUTH2},
    inputs::{GMAIL_EHLO, OUTLOOK_EHLO, POSTFIX_EHLO, SMTP_GREETING, long_ehlo},
};
use memchr::memchr_iter;
use sasl_core::{Capabilities, Error, Limits, Machine, Mechanism, Outcome, Settings, Step};
use smtp_auth::{Options, Probe, parse};
use smtp_proto::EhloResponse;

fn main() {
    reply("Gmail", GMAIL_EHLO);
    reply("Outlook", OUTLOOK_EHLO);
    reply("Postfix", POSTFIX_EHLO);
    for size in [1, 16, 64] {
        pieces(
            &format!("Gmail, in pieces of {size}"),
            GMAIL_EHLO,
            size,
            &Options::new(),
        );
    }
    hostile();
}

fn reply(title: &str, reply: &'static [u8]) {
    let wanted = floor::smtp::ehlo(reply);
    let (ours, heap) = heap_of(|| ours(reply));
    assert_eq!((ours, heap.allocs), (wanted, 0), "{title}");
    let mut table = Table::new(format!("{title}, {} octets", reply.len()));
    table.floor("one walk with `memchr`", || {
        floor::smtp::ehlo(black_box(reply))
    });
    table.ours("`smtp_auth::parse::ehlo`", || parse::ehlo(black_box(reply)));
    assert_eq!(Some(smtp_proto(reply)), wanted, "{title}");
    table.other("smtp-proto 0.2.5", || smtp_proto(black_box(reply)));
    // It does not know OAUTHBEARER.
    assert_eq!(
        Some(lettre(reply)),
        wanted.map(|bits| bits & !OAUTHBEARER),
        "{title}"
    );
    table.other("lettre 0.11.23", || lettre(black_box(reply)));
    let io_smtp =
        |reply| SmtpEhloResponse::parse(reply).map(|parsed| of_lines(&parsed.capabilities));
    assert_eq!(io_smtp(reply).ok(), wanted, "{title}");
    table.other("io-smtp 0.6.0", move || io_smtp(black_box(reply)).ok());
    table.run();
}

/// A reply, so many octets at a time.
fn pieces(title: &str, reply: &[u8], size: usize, options: &Options) {
    let chunks = || black_box(reply).chunks(size);
    let mut table = Table::new(title);
    let mut buffer = Vec::with_capacity(reply.len());
    table.floor("collect, search only what is new, one walk", move || {
        buffer.clear();
        let mut line = 0;
        for chunk in chunks() {
            let old = buffer.len();
            buffer.extend_from_slice(chunk);
            for end in memchr_iter(b'\n', &buffer[old..]) {
                if floor::smtp::is_last(&buffer, line) {
                    return floor::smtp::ehlo(&buffer);
                }
                line = old + end + 1;
            }
        }
        None
    });
    let offered = probe(options, &mut chunks()).expect("it is within the limits");
    assert!(offered.mechanisms().contains(Mechanism::XOAuth2));
    table.ours(
        "`smtp_auth::Probe`, made anew, greeting and EHLO too",
        || probe(options, &mut chunks()),
    );
    let mut buffer = Vec::with_capacity(reply.len());
    table.other("smtp-proto 0.2.5, once more for each piece", move || {
        buffer.clear();
        for chunk in chunks() {
            buffer.extend_from_slice(chunk);
            if let Ok(parsed) = EhloResponse::parse(&mut buffer.iter()) {
                return parsed.auth_mechanisms;
            }
        }
        0
    });
    table.other("lettre 0.11.23, once more for each line", move || {
        let mut buffer = String::with_capacity(100);
        for line in std::str::from_utf8(black_box(reply))
            .expect("it is text")
            .split_inclusive('\n')
        {
            buffer.push_str(line);
            if let Ok(response) = buffer.parse::<Response>() {
                return response.message().count();
            }
        }
        0
    });
    table.other("io-smtp 0.6.0", move || {
        let domain = SmtpDomain(Cow::Borrowed("client.example.com"));
        let mut machine = SmtpEhlo::new(SmtpEhloDomain::SmtpDomain(domain));
        let _ = machine.resume(None);
        let _ = machine.resume(None);
        for chunk in chunks() {
            if let SmtpCoroutineState::Complete(result) = machine.resume(Some(chunk)) {
                return result.is_ok();
            }
        }
        false
    });
    table.run();
}

/// As many lines as a server likes. The machine takes 256 of them unless the caller wants more.
fn hostile() {
    let reply = long_ehlo(500);
    assert!(probe(&Options::new(), &mut reply.chunks(64)).is_err());
    let mut limits = Limits::default();
    limits.reply_lines = 1000;
    let options = Options::from(Settings::new().limits(limits));
    let title = format!("500 lines, {} octets in pieces of 64", reply.len());
    pieces(&title, &reply, 64, &options);

    let replies = [250, 500, 1000].map(long_ehlo);
    let mut table = Table::new("Linear: twice as many lines");
    for (n, reply) in replies.iter().enumerate() {
        let name = format!("`smtp_auth::Probe`, {} lines", 250 << n);
        let mut limits = Limits::default();
        (limits.reply_lines, limits.capabilities) = (1000, 1000);
        let options = Options::from(Settings::new().limits(limits));
        assert!(probe(&options, &mut reply.chunks(64)).is_ok());
        let work = move || probe(&options, &mut reply.chunks(64)).is_ok();
        if n == 0 {
            table.floor(name, work);
        } else {
            table.other(name, work);
        }
    }
    table.run();
}

/// Greeting, EHLO, and the answer as it comes.
fn probe(
    options: &Options,
    chunks: &mut dyn Iterator<Item = &[u8]>,
) -> Result<Capabilities, Error> {
    let mut machine = Probe::in_clear(options.clone());
    machine.handle_input(SMTP_GREETING);
    loop {
        match machine.poll()? {
            Step::Event(_) | Step::Write(_) => {}
            Step::Read => machine.handle_input(chunks.next().expect("the reply is all")),
            Step::Done(Outcome::Accepted(offered)) => break Ok(offered),
            Step::Done(Outcome::Rejected(rejection)) => panic!("{rejection}"),
        }
    }
}

fn ours(reply: &[u8]) -> Option<u32> {
    let offer = parse::ehlo(reply).ok()?;
    let bits = [
        (offer.starttls(), STARTTLS),
        (
            offer.mechanisms().contains(Mechanism::OAuthBearer),
            OAUTHBEARER,
        ),
        (offer.mechanisms().contains(Mechanism::XOAuth2), XOAUTH2),
    ];
    Some(
        bits.iter()
            .filter(|(is_so, _)| *is_so)
            .map(|(_, bit)| bit)
            .sum(),
    )
}

fn smtp_proto(reply: &[u8]) -> u32 {
    let parsed = EhloResponse::parse(&mut reply.iter()).expect("it is well-formed");
    let bits = [
        (parsed.has_capability(smtp_proto::EXT_START_TLS), STARTTLS),
        (
            parsed.auth_mechanisms & smtp_proto::AUTH_OAUTHBEARER != 0,
            OAUTHBEARER,
        ),
        (
            parsed.auth_mechanisms & smtp_proto::AUTH_XOAUTH2 != 0,
            XOAUTH2,
        ),
    ];
    bits.iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, bit)| bit)
        .sum()
}

fn lettre(reply: &[u8]) -> u32 {
    let text = std::str::from_utf8(reply).expect("it is text");
    let response: Response = text.parse().expect("it is well-formed");
    let info = ServerInfo::from_response(&response).expect("it names the server");
    let bits = [
        (info.supports_feature(Extension::StartTls), STARTTLS),
        (
            info.supports_auth_mechanism(LettreMechanism::Xoauth2),
            XOAUTH2,
        ),
    ];
    bits.iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, bit)| bit)
        .sum()
}

/// io-smtp leaves the lines to the caller.
fn of_lines(lines: &[Cow<'_, str>]) -> u32 {
    let mut bits = 0;
    for line in lines {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some(word) if word.eq_ignore_ascii_case("AUTH") => {
                for name in words {
                    bits |= match name {
                        _ if name.eq_ignore_ascii_case("OAUTHBEARER") => OAUTHBEARER,
                        _ if name.eq_ignore_ascii_case("XOAUTH2") => XOAUTH2,
                        _ => 0,
                    };
                }
            }
            Some(word) if word.eq_ignore_ascii_case("STARTTLS") => bits |= STARTTLS,
            _ => {}
        }
    }
    bits
}
