//! What must hold of the public parse functions, whatever they are given: no panic, what is strict is
//! also robust, and two functions that answer the same question agree.

use sasl_core::{
    Capabilities, Conformance, Error, Limits, Machine, Mechanism, Mechanisms, Outcome, Reason,
    Settings, Step,
    wire::{LineBuf, announced_literal},
};

use crate::protocol::Tested;

/// Every function of `imap_auth::parse`.
pub fn imap(text: &[u8]) {
    use imap_auth::parse::{
        Response, Status, Text, capabilities, greeting, has_literal, reason, referral, response,
    };

    lines(text, has_literal);
    for line in text.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let robust = response(line, false);
        if let Ok(strict) = response(line, true) {
            assert_eq!(robust, Ok(strict), "strict and not robust");
        }
        if let Ok(Response::Untagged { text, .. } | Response::Tagged { text, .. }) = robust {
            assert!(
                line.ends_with(text.human()),
                "the text is the end of the line"
            );
            if let Some(code) = text.code() {
                assert!(!code.name().contains(&b' '));
                if let Ok(name) = str::from_utf8(code.name()) {
                    assert!(code.is(name) && code.is(&name.to_ascii_lowercase()));
                }
                if referral(code).is_some() {
                    assert_eq!(reason(code), Some(Reason::Referral));
                }
            }
        }
        let is_data = matches!(robust, Ok(Response::Untagged { status: None, .. }));
        assert_eq!(has_literal(line), is_data, "literals are in data alone");
        let _ = Text::parse(line);

        // A list is what its names are, one by one.
        let robust = capabilities(line, false).expect("robust takes any list");
        let names = || line.split(|octet| *octet == b' ');
        let has = |name: &str| names().any(|other| other.eq_ignore_ascii_case(name.as_bytes()));
        assert_eq!(
            robust.mechanisms(),
            mechanisms(names().filter_map(|name| {
                let (start, mechanism) = name.split_at_checked(5)?;
                start.eq_ignore_ascii_case(b"AUTH=").then_some(mechanism)
            }))
        );
        assert_eq!(robust.starttls(), has("STARTTLS"));
        assert_eq!(robust.login_disabled(), has("LOGINDISABLED"));
        assert_eq!(
            robust.names_revision(),
            has("IMAP4rev1") || has("IMAP4rev2")
        );
        assert_eq!(
            robust.names_both_literals(),
            has("LITERAL+") && has("LITERAL-")
        );
        assert_eq!(robust.has_nameless_mechanism(), has("AUTH") || has("AUTH="));
        assert_eq!(
            robust.allows_initial_response(),
            has("SASL-IR") || has("IMAP4rev2") && !has("IMAP4rev1")
        );
        let longest = names().map(<[u8]>::len).max().unwrap_or_default();
        assert!(robust.longest_name() <= longest);
        // Shorter than any limit that makes sense, names need not be counted.
        assert!(robust.longest_name() == longest || longest <= 16);
        let is_strict = names().all(|name| !name.is_empty());
        assert_eq!(capabilities(line, true).ok(), is_strict.then_some(robust));

        // The same line for a machine.
        let whole = [line, b"\r\n"].concat();
        let offer = greeting(&whole);
        let (end, _) = probe::<imap_auth::Imap>(&[&whole], false);
        if let Ok(Response::Untagged {
            status: Some(Status::Ok | Status::PreAuth),
            text,
        }) = response(line, false)
            && text.capabilities().is_some()
            && let Ok(Outcome::Accepted(offered)) = &end
        {
            assert_eq!(
                offer.map(|offer| offer.mechanisms()),
                Ok(offered.mechanisms())
            );
        }
        if offer.is_err() {
            assert!(
                !matches!(end, Ok(Outcome::Accepted(_))),
                "the machine takes what the function refuses"
            );
        }
    }
}

/// Every function of `smtp_auth::parse`.
pub fn smtp(text: &[u8]) {
    use smtp_auth::parse::{Enhanced, ehlo, reason, reply_line};

    lines(text, |_| false);
    for line in text.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let robust = reply_line(line, false);
        if let Ok(strict) = reply_line(line, true) {
            assert_eq!(robust, Ok(strict), "strict and not robust");
        }
        if let Ok(read) = robust {
            assert!((200..600).contains(&read.code));
            assert!(line.starts_with(read.code.to_string().as_bytes()));
            assert!(line.ends_with(read.text) && read.text.ends_with(read.human()));
            let enhanced = read.enhanced();
            assert!(enhanced.is_none_or(|enhanced| u16::from(enhanced.class) == read.code / 100));
            assert!(
                reason(read.code, enhanced).is_none() || read.code >= 400,
                "what is no refusal has no reason"
            );
            if (400..500).contains(&read.code) {
                assert!(
                    reason(read.code, enhanced).is_some(),
                    "every refusal for now has a reason"
                );
            }
        }
        if let Some((enhanced, behind)) = Enhanced::parse(line) {
            assert!(line.ends_with(behind));
            assert_eq!(
                Enhanced::parse(enhanced.to_string().as_bytes()),
                Some((enhanced, &b""[..]))
            );
        }
    }

    // The whole as the answer to EHLO: by the function, and by a machine.
    let offer = ehlo(text);
    let (end, left) = probe::<smtp_auth::Smtp>(&[b"220 ready\r\n", text], false);
    match (&offer, &end) {
        (Ok(offer), Ok(Outcome::Accepted(offered))) => {
            assert_eq!(offer.mechanisms(), offered.mechanisms());
            assert_eq!(offer.starttls(), offered.has("STARTTLS"));
        }
        (Ok(_), Err(Error::LimitExceeded { .. })) => {}
        (Ok(offer), end) => panic!("{offer:?} and {end:?}"),
        // A machine leaves what is behind the reply, and takes lines without CR.
        (Err(_), Ok(Outcome::Accepted(_))) => {
            let lone = text
                .split_inclusive(|octet| *octet == b'\n')
                .any(|line| !line.ends_with(b"\r\n"));
            assert!(left > 0 || lone, "{offer:?} and {end:?}");
        }
        (Err(_), _) => {}
    }
    let strict = probe::<smtp_auth::Smtp>(&[b"220 ready\r\n", text], true);
    if let (Ok(Outcome::Accepted(strict)), Ok(Outcome::Accepted(robust))) = (&strict.0, &end) {
        strict
            .mechanisms()
            .iter()
            .for_each(|m| assert!(robust.mechanisms().contains(m)));
    } else {
        assert!(
            !matches!(strict.0, Ok(Outcome::Accepted(_))),
            "strict and not robust"
        );
    }
}

/// Every function of `sieve_auth::parse`.
pub fn sieve(text: &[u8]) {
    use sieve_auth::parse::{
        Response, capabilities, has_literal, reason, referral, response, string,
    };

    lines(text, has_literal);
    let pieces = text.split(|octet| *octet == b'\n');
    for line in pieces
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .chain([text])
    {
        let robust = string(line, false);
        if let Ok(strict) = string(line, true) {
            assert_eq!(robust, Ok(strict), "strict and not robust");
        }
        if let Ok((string, behind)) = robust {
            assert!(line.ends_with(behind));
            let decoded = string.decoded();
            assert!(decoded.len() <= string.raw().len());
            // Quoting it again gives what was read.
            if string.is_quoted() {
                let again = [&b"\""[..], string.raw(), b"\""].concat();
                assert_eq!([&again, behind].concat(), line);
                assert!(!string.raw().contains(&b'\n') && !string.raw().contains(&0));
            }
        }
        let robust = response(line, false);
        if let Ok(strict) = response(line, true) {
            assert_eq!(robust, Ok(strict), "strict and not robust");
        }
        match robust {
            Ok(Response::Condition { text, .. }) => {
                let human = text.human();
                let end = line
                    .strip_suffix(b"\"")
                    .filter(|_| human.is_quoted())
                    .unwrap_or(line);
                assert!(
                    end.ends_with(human.raw()),
                    "the text is the end of the line"
                );
                if let Some(code) = text.code().filter(|code| referral(*code).is_some()) {
                    assert_eq!(reason(code), Some(Reason::Referral));
                }
            }
            Ok(Response::Strings { name, value }) => {
                let last = value.unwrap_or(name);
                let end = line
                    .strip_suffix(b"\"")
                    .filter(|_| last.is_quoted())
                    .unwrap_or(line);
                assert!(end.ends_with(last.raw()));
            }
            Ok(_) | Err(_) => {}
        }
        if has_literal(line) {
            assert!(announced_literal(line).is_some());
        }
    }

    // The whole as a list: by the function, and by a machine.
    for strict in [false, true] {
        let offer = capabilities(text, strict);
        let (end, left) = probe::<sieve_auth::Sieve>(&[text], strict);
        match (&offer, &end) {
            (Ok(offer), Ok(Outcome::Accepted(offered))) => {
                assert_eq!(offer.mechanisms(), offered.mechanisms(), "{strict}");
                assert_eq!(offer.starttls(), offered.has("STARTTLS"), "{strict}");
                assert_eq!(offer.names_version(), offered.has("VERSION"), "{strict}");
                assert_eq!(left, 0);
            }
            (Ok(_), Err(Error::LimitExceeded { .. })) => {}
            (Ok(offer), end) => panic!("{offer:?} and {end:?}"),
            (Err(_), Ok(Outcome::Accepted(_))) => {
                assert!(left > 0, "{strict}: {offer:?} and {end:?}")
            }
            (Err(_), _) => {}
        }
        if strict && offer.is_ok() {
            assert_eq!(offer, capabilities(text, false), "strict and not robust");
        }
    }
}

/// Lines are the same however the bytes are cut, and together they are what was pushed.
fn lines(text: &[u8], literal: impl Fn(&[u8]) -> bool) {
    for bare_lf in [false, true] {
        let read = |octets: usize| {
            let limits = Limits::default();
            let mut buffer = LineBuf::new(&limits);
            let mut lines = Vec::new();
            for piece in text.chunks(octets) {
                buffer.push(piece);
                loop {
                    match buffer.next_line(&limits, bare_lf, &literal) {
                        Ok(Some(line)) => lines.push(buffer.bytes()[line.range].to_vec()),
                        Ok(None) => break,
                        Err(error) => return (lines, Err(error)),
                    }
                }
            }
            let rest = buffer.unread().to_vec();
            (lines, Ok(rest))
        };
        let whole = read(text.len().max(1));
        for octets in [1, 3] {
            assert_eq!(read(octets), whole, "pieces of {octets}");
        }
        if let (lines, Ok(rest)) = whole {
            let mut from = text;
            for line in &lines {
                from = from
                    .strip_prefix(line.as_slice())
                    .expect("lines in their order");
                let end = if from.starts_with(b"\r\n") { 2 } else { 1 };
                assert!(end == 2 || bare_lf);
                from = &from[end..];
            }
            assert_eq!(from, rest);
        }
    }
}

/// The known ones among names.
fn mechanisms<'a>(names: impl Iterator<Item = &'a [u8]>) -> Mechanisms {
    let known = |name: &[u8]| {
        Mechanism::ALL
            .into_iter()
            .find(|mechanism| mechanism.name().as_bytes().eq_ignore_ascii_case(name))
    };
    names.filter_map(known).collect()
}

/// What a machine makes of these flights, and how much it leaves.
fn probe<P: Tested>(
    flights: &[&[u8]],
    strict: bool,
) -> (Result<Outcome<Capabilities>, Error>, usize) {
    let conformance = if strict {
        Conformance::Strict
    } else {
        Conformance::Robust
    };
    let mut probe = P::probe_over_tls(P::Options::from(Settings::new().conformance(conformance)));
    let mut flights = flights.iter();
    loop {
        match probe.poll() {
            Ok(Step::Write(_) | Step::Event(_)) => {}
            Ok(Step::Read) => probe.handle_input(flights.next().copied().unwrap_or_default()),
            Ok(Step::Done(outcome)) => return (Ok(outcome), probe.remaining().len()),
            Err(error) => return (Err(error), 0),
        }
    }
}
