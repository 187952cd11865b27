//! What the machines allocate: nothing on the way to an accepted login, and little whatever a hostile
//! server or client sends.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

use harness::{Cut, Recording, Tested, recording::replay};
use sasl_core::{
    AcceptSettings, Accepting, Credentials, Endpoint, Error, Farewell, Limits, Machine, Mechanism,
    Outcome, Reason, Session, Settings, Step, Verdict,
};

/// Counts what the present thread allocates.
#[allow(unsafe_code, reason = "an allocator cannot be written without")]
mod counting {
    use std::{
        alloc::{GlobalAlloc, Layout, System},
        cell::Cell,
    };

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Count {
        /// Calls that gave memory or more of it.
        pub(crate) calls: usize,
        /// Octets at present, and the most there were; negative if older memory was freed.
        pub(crate) now: isize,
        pub(crate) peak: isize,
    }

    thread_local! {
        static COUNT: Cell<Count> = const { Cell::new(Count { calls: 0, now: 0, peak: 0 }) };
    }

    struct Counting;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    fn note(calls: usize, octets: isize) {
        // Not there any more while the thread ends.
        let _ = COUNT.try_with(|count| {
            let before = count.get();
            let now = before.now + octets;
            count.set(Count {
                calls: before.calls + calls,
                now,
                peak: before.peak.max(now),
            });
        });
    }

    // SAFETY: every call goes to the system's allocator as it is; counting neither allocates nor panics.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            note(1, layout.size() as isize);
            // SAFETY: as promised by our caller.
            unsafe { System.alloc(layout) }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            note(1, layout.size() as isize);
            // SAFETY: as promised by our caller.
            unsafe { System.alloc_zeroed(layout) }
        }

        unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
            note(0, -(layout.size() as isize));
            // SAFETY: as promised by our caller.
            unsafe { System.dealloc(pointer, layout) }
        }

        unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // As if it had to be moved: for a moment there are both.
            note(1, size as isize);
            note(0, -(layout.size() as isize));
            // SAFETY: as promised by our caller.
            unsafe { System.realloc(pointer, layout, size) }
        }
    }

    /// What `work` allocates.
    pub(crate) fn count<T>(work: impl FnOnce() -> T) -> (T, Count) {
        COUNT.set(Count::default());
        let output = work();
        (output, COUNT.get())
    }
}

use counting::{Count, count};

#[test]
fn the_allocator_counts() {
    let (vec, counted) = count(|| {
        let mut vec = Vec::<u8>::with_capacity(100);
        vec.reserve_exact(200);
        vec
    });
    let expected = Count {
        calls: 2,
        now: 200,
        peak: 300,
    };
    assert_eq!((vec.capacity(), counted), (200, expected));
}

/// Gives the flights one by one. Allocates nothing.
fn converse<M: Machine>(machine: &mut M, flights: &[Vec<u8>]) -> Result<M::Output, Error> {
    let mut flights = flights.iter();
    loop {
        match machine.poll()? {
            Step::Write(bytes) => assert!(!bytes.is_empty()),
            Step::Read => machine.handle_input(flights.next().map_or(b"", Vec::as_slice)),
            Step::Event(event) => assert!(!event.name().is_empty()),
            Step::Done(output) => return Ok(output),
        }
    }
}

fn accepted<P: Tested>(protocol: &str) -> usize {
    let all = Recording::all();
    let ours = all.iter().filter(|recording| {
        let is_long = recording.case.starts_with("length-") && recording.case.ends_with("initial");
        recording.protocol == protocol && recording.accepted && !is_long
    });
    let mut logins = 0;
    let mut construction = Vec::new();
    for recording in ours {
        let mechanism = recording.case.split('-').nth(1).unwrap();
        let mechanism = Mechanism::parse(mechanism.as_bytes()).unwrap();
        let credentials = Credentials::bearer(
            "alice@example.test",
            "t".repeat(3 * recording.longest_line() / 4 + 8),
        )
        .unwrap();
        let settings = Settings::new()
            .endpoint(Endpoint::new("localhost", 143).unwrap())
            .mechanisms(&[mechanism])
            .force_mechanism(true)
            .initial_response(recording.has_initial_response());
        let options = P::Options::from(settings);
        let seen = replay::<P>(
            recording,
            None,
            core::slice::from_ref(&credentials),
            options.clone(),
            Cut::Whole,
        );
        let [Ok(Outcome::Accepted(expected))] = &seen.ends[..] else {
            panic!("{}", recording.name())
        };

        let (mut login, made) = if seen.flights_in_clear.is_empty() {
            count(|| P::login_over_tls(credentials, options))
        } else {
            let mut start = P::start_tls(options.clone());
            let (proof, counted) = count(|| converse(&mut start, &seen.flights_in_clear));
            assert_eq!(counted.calls, 0, "{}: on the way to TLS", recording.name());
            count(|| P::login_after_starttls(proof.unwrap(), credentials, options))
        };
        let (end, counted) = count(|| converse(&mut login, &seen.flights));
        let Ok(Outcome::Accepted(session)) = end else {
            panic!("{}", recording.name())
        };
        assert_eq!(&session, expected, "{}", recording.name());
        assert_eq!(
            counted,
            Count {
                calls: 0,
                ..counted
            },
            "{}: on the way in",
            recording.name()
        );
        assert!(counted.peak <= 0, "{}: {counted:?}", recording.name());
        construction.push((made.calls, made.peak));
        logins += 1;
    }
    println!(
        "{protocol}: {logins} logins without an allocation; making the machine: {:?} to {:?} (calls, octets)",
        construction.iter().min().unwrap(),
        construction.iter().max().unwrap()
    );
    logins
}

/// Between making the machine and the accepted login nothing is allocated, whatever the way there:
/// over TLS or after STARTTLS, both mechanisms, with and without initial response, with the list of 36
/// capabilities that Dovecot sends after a login.
#[test]
fn nothing_on_the_way_in() {
    assert_eq!(accepted::<imap_auth::Imap>("imap"), 66);
    assert_eq!(accepted::<smtp_auth::Smtp>("submission"), 107);
    assert_eq!(accepted::<sieve_auth::Sieve>("sieve"), 66);
}

/// A server that does not stop, or a client.
struct Hostile {
    name: &'static str,
    /// What it says first, one at each read.
    lead: &'static [&'static str],
    /// What it repeats.
    unit: String,
    /// One at each read instead of as much as there is room for.
    one_by_one: bool,
}

const PIECE: usize = 64 << 10;
const FLOOD: usize = 16 << 20;

fn hostile(name: &'static str, lead: &'static [&'static str], unit: impl Into<String>) -> Hostile {
    Hostile {
        name,
        lead,
        unit: unit.into(),
        one_by_one: false,
    }
}

impl Hostile {
    fn one_by_one(self) -> Self {
        Self {
            one_by_one: true,
            ..self
        }
    }

    /// The same bytes again and again, so that the flood itself takes no memory. These are
    /// the unit, and so much of the next one that every piece lies in it.
    fn bytes(&self) -> Vec<u8> {
        let beginning = self.unit.bytes().cycle().take(self.unit.len() + PIECE);
        beginning.collect()
    }

    fn flood<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.flood_in(bytes, PIECE)
    }

    /// In pieces of so many octets, or one by one.
    fn flood_in<'a>(&self, bytes: &'a [u8], octets: usize) -> impl Iterator<Item = &'a [u8]> {
        let unit = self.unit.len();
        let octets = if self.one_by_one { unit } else { octets };
        (0..FLOOD / octets).map(move |n| {
            let at = n * octets % unit;
            &bytes[at..at + octets]
        })
    }

    /// Lets it loose on a machine.
    fn attack<M: Machine>(&self, machine: &mut M) -> (Result<M::Output, Error>, Count) {
        let bytes = self.bytes();
        let mut flood = self.flood(&bytes);
        let mut lead = self.lead.iter();
        count(|| {
            loop {
                match machine.poll()? {
                    Step::Write(_) | Step::Event(_) => {}
                    Step::Read => match lead.next() {
                        Some(said) => machine.handle_input(said.as_bytes()),
                        None => {
                            machine.handle_input(flood.next().expect("16 MiB were not too much"))
                        }
                    },
                    Step::Done(output) => return Ok(output),
                }
            }
        })
    }
}

/// A unit of short lines.
fn filled(line: &str) -> String {
    line.repeat(PIECE / line.len() + 1)
}

const LIMIT: isize = 3 << 19;

fn endure<P: Tested>(servers: &[Hostile]) {
    let credentials = || Credentials::bearer("user@example.com", "token").unwrap();
    for server in servers {
        let (end, counted) =
            server.attack(&mut P::login_over_tls(credentials(), P::Options::default()));
        let error = end.map(|_: Outcome<Session>| ()).unwrap_err();
        println!(
            "{:6} {:40} {:8} octets  {error:?}",
            P::NAME,
            server.name,
            counted.peak
        );
        assert!(
            matches!(error, Error::LimitExceeded { .. } | Error::Protocol { .. }),
            "{} {}: {error:?}",
            P::NAME,
            server.name
        );
        assert!(
            counted.peak < LIMIT,
            "{} {}: {counted:?}",
            P::NAME,
            server.name
        );
        // Nobody waits for what is announced to be too long.
        let limit = if server.name.starts_with("announced") {
            2 * PIECE as isize
        } else {
            LIMIT
        };
        assert!(counted.peak < limit, "{} {}", P::NAME, server.name);

        // The other machines end as well, in whatever error.
        let (end, counted) = server.attack(&mut P::start_tls(P::Options::default()));
        assert!(
            end.is_err() && counted.peak < LIMIT,
            "{} {}: {counted:?}",
            P::NAME,
            server.name
        );
        let (_, counted) = server.attack(&mut P::probe_over_tls(P::Options::default()));
        assert!(
            counted.peak < LIMIT,
            "{} {}: {counted:?}",
            P::NAME,
            server.name
        );

        // A driver that hands in more than it was asked for.
        let bytes = server.bytes();
        let mut login = P::login_over_tls(credentials(), P::Options::default());
        let ((), counted) = count(|| {
            server
                .flood(&bytes)
                .for_each(|piece| login.handle_input(piece));
            loop {
                match login.poll() {
                    Ok(Step::Write(_) | Step::Event(_)) => {}
                    Ok(Step::Read) => login.handle_input(b""),
                    Ok(Step::Done(_)) | Err(_) => return,
                }
            }
        });
        assert!(
            counted.peak < 2 * LIMIT,
            "{} {}: {counted:?}",
            P::NAME,
            server.name
        );
    }
}

#[test]
fn imap_servers_that_do_not_stop() {
    const GREETING: &[&str] =
        &["* OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS AUTH=XOAUTH2] ready\r\n"];
    const NO_LIST: &[&str] = &["* OK ready\r\n"];
    const NO_RESPONSE: &[&str] = &["* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready\r\n"];
    endure::<imap_auth::Imap>(&[
        hostile("greeting without end", &[], filled("x")),
        hostile(
            "list without end",
            &["* OK [CAPABILITY IMAP4rev1"],
            filled(" X-NAME"),
        ),
        hostile("answer without end", GREETING, filled("x")),
        hostile(
            "untagged lines before the list",
            NO_LIST,
            filled("* 1 EXISTS\r\n"),
        ),
        hostile(
            "lists before the answer",
            NO_LIST,
            filled("* CAPABILITY IMAP4rev1 X-NAME\r\n"),
        ),
        hostile(
            "long lists before the answer",
            NO_LIST,
            format!("* CAPABILITY{}\r\n", " X-NAME-OF-SIXTEEN".repeat(500)).repeat(8),
        ),
        hostile(
            "untagged lines before the verdict",
            GREETING,
            filled("* 1 EXISTS\r\n"),
        ),
        hostile("alerts", GREETING, filled("* OK [ALERT] hello\r\n")),
        hostile("farewells", GREETING, filled("* BYE hello\r\n")),
        hostile(
            "announced literal",
            GREETING,
            filled("* LIST {4294967295}\r\n"),
        ),
        hostile(
            "announced literal beyond 32 bits",
            GREETING,
            filled("* LIST {4294967296}\r\n"),
        ),
        hostile(
            "literals",
            GREETING,
            format!("* LIST {{60000}}\r\n{}\r\n", "x".repeat(60000)).repeat(16),
        ),
        hostile(
            "literals in one line",
            GREETING,
            "* LIST {8}\r\nxxxxxxxx {8}\r\nxxxxxxxx ".repeat(6000),
        ),
        hostile("challenges at once", NO_RESPONSE, filled("+ \r\n")),
        hostile("challenges", GREETING, "+ e30=\r\n").one_by_one(),
        hostile(
            "long challenges",
            GREETING,
            format!("+ {}\r\n", "e30g".repeat(5000)),
        )
        .one_by_one(),
        hostile("empty lines", GREETING, filled("\r\n")),
    ]);
}

#[test]
fn smtp_servers_that_do_not_stop() {
    const EHLO: &[&str] = &[
        "220 mx.example.com ready\r\n",
        "250-mx.example.com\r\n250-STARTTLS\r\n250 AUTH XOAUTH2\r\n",
    ];
    const GREETING: &[&str] = &["220 mx.example.com ready\r\n"];
    endure::<smtp_auth::Smtp>(&[
        hostile("greeting without end", &[], filled("x")),
        hostile(
            "greeting of lines without end",
            &[],
            filled("220-hello\r\n"),
        ),
        hostile(
            "capabilities without end",
            GREETING,
            filled("250-X-NAME hello\r\n"),
        ),
        hostile("capability without end", GREETING, filled("250-X-NAME")),
        hostile(
            "mechanisms without end",
            GREETING,
            filled("250-AUTH XOAUTH2 PLAIN\r\n"),
        ),
        hostile("answer without end", EHLO, filled("535-x")),
        hostile("answer of lines without end", EHLO, filled("535-hello\r\n")),
        hostile("replies", EHLO, filled("250 ok\r\n")),
        hostile("challenges at once", EHLO, filled("334 \r\n")),
        hostile("challenges", EHLO, "334 e30=\r\n").one_by_one(),
        hostile(
            "long challenges",
            EHLO,
            format!("334 {}\r\n", "e30g".repeat(3000)),
        )
        .one_by_one(),
        hostile("empty lines", EHLO, filled("\r\n")),
    ]);
}

#[test]
fn sieve_servers_that_do_not_stop() {
    const GREETING: &[&str] =
        &["\"SASL\" \"XOAUTH2\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n"];
    endure::<sieve_auth::Sieve>(&[
        hostile("greeting without end", &[], filled("x")),
        hostile("string without end", &["\""], filled("x")),
        hostile(
            "capabilities without end",
            &[],
            filled("\"X-NAME\" \"value\"\r\n"),
        ),
        hostile(
            "mechanisms without end",
            &[],
            filled("\"SASL\" \"XOAUTH2\"\r\n"),
        ),
        hostile(
            "announced literal",
            &[],
            filled("\"SASL\" {4294967295}\r\n"),
        ),
        hostile(
            "announced literal beyond 32 bits",
            &[],
            filled("\"SASL\" {4294967296}\r\n"),
        ),
        hostile(
            "literals",
            &[],
            format!("\"X-NAME\" {{60000}}\r\n{}\r\n", "x".repeat(60000)).repeat(16),
        ),
        hostile(
            "announced literal in the verdict",
            GREETING,
            filled("NO {4294967295}\r\n"),
        ),
        hostile(
            "literals as challenges",
            GREETING,
            format!("{{60000}}\r\n{}\r\n", "e30g".repeat(15000)),
        )
        .one_by_one(),
        hostile("answer without end", GREETING, filled("NO \"x")),
        hostile("challenges at once", GREETING, filled("\"\"\r\n")),
        hostile("challenges", GREETING, "\"e30=\"\r\n").one_by_one(),
        hostile("empty lines", GREETING, filled("\r\n")),
    ]);
}

/// A long line costs the same memory octet by octet as in one piece. How the time grows is measured by
/// the benches; that this ends at all rules out the worst.
fn drip<P: Tested>(start: &str, end: &str) {
    let line = [start, &"x".repeat(60 << 10), end].concat();
    let mut limits = Limits::default();
    // Not the common default, which SMTP and ManageSieve lower.
    limits.line = 65_000;
    limits.reply = 128 << 10;
    limits.reserve = 1 << 10;
    let feed = |octets: usize| {
        let mut probe = P::probe_over_tls(P::Options::from(Settings::new().limits(limits.clone())));
        let mut pieces = line.as_bytes().chunks(octets);
        let (polls, counted) = count(|| {
            let mut polls = 0;
            loop {
                polls += 1;
                match probe.poll() {
                    Ok(Step::Read) => match pieces.next() {
                        Some(piece) => probe.handle_input(piece),
                        None => return polls,
                    },
                    Ok(Step::Write(_) | Step::Event(_)) => {}
                    Ok(Step::Done(_)) => return polls,
                    Err(error) => panic!("{}: {error:?}", P::NAME),
                }
            }
        });
        assert_eq!(pieces.next(), None, "{}: the whole line was read", P::NAME);
        println!(
            "{}: pieces of {octets}: {} octets, {} allocations, {polls} polls",
            P::NAME,
            counted.peak,
            counted.calls
        );
        counted
    };
    let whole = feed(line.len());
    let dripped = feed(1);
    // Growing by doubling: at most twice the line, and the old half while it is moved.
    assert!(dripped.peak <= 3 * whole.peak, "{dripped:?} {whole:?}");
    assert!(dripped.calls < 20, "{dripped:?}");
}

#[test]
fn a_long_line_octet_by_octet() {
    drip::<imap_auth::Imap>("* OK ", "\r\n");
    drip::<smtp_auth::Smtp>("220 ", "\r\n");
    drip::<sieve_auth::Sieve>("\"IMPLEMENTATION\" \"", "\"\r\nOK\r\n");
}

/// More than a client can make a server hold before its login.
const ACCEPT_LIMIT: isize = 256 << 10;

/// The side of the server lets nobody in and ends by itself.
fn refuse<P: Tested>(
    accept: &mut P::Accept,
    mut next: impl FnMut(&mut P::Accept),
) -> (Farewell, Count) {
    count(|| {
        loop {
            match accept.poll().unwrap() {
                Step::Write(_) | Step::Event(_) => {}
                Step::Read => next(accept),
                Step::Done(Accepting::Presented(_)) => {
                    P::decide(accept, Verdict::refuse(Reason::Temporary));
                }
                Step::Done(Accepting::Closed(farewell)) => return farewell,
                Step::Done(Accepting::Accepted(_) | Accepting::StartTls(_)) => {
                    panic!("{}: nobody said yes", P::NAME)
                }
            }
        }
    })
}

fn withstand<P: Tested>(clients: &[Hostile]) {
    let settings = || AcceptSettings::new().mechanisms(Mechanism::ALL);
    for client in clients {
        let bytes = client.bytes();
        // As much as may wait, and as much as a driver reads.
        for octets in [PIECE, 4 << 10] {
            let mut accept = P::accept_over_tls(settings().into());
            let mut flood = client.flood_in(&bytes, octets);
            let mut lead = client.lead.iter();
            let (farewell, counted) = refuse::<P>(&mut accept, |accept| match lead.next() {
                Some(said) => accept.handle_input(said.as_bytes()),
                None => accept.handle_input(flood.next().expect("16 MiB were not too much")),
            });
            println!(
                "{:6} {:40} {octets:5} {:8} octets  {farewell:?}",
                P::NAME,
                client.name,
                counted.peak
            );
            assert!(
                !matches!(farewell, Farewell::Asked | Farewell::HungUp),
                "{} {}: {farewell:?}",
                P::NAME,
                client.name
            );
            // Nobody waits for what is announced to be too long, or makes room for it.
            let limit = if client.name.starts_with("announced") {
                octets as isize + (8 << 10)
            } else {
                ACCEPT_LIMIT
            };
            assert!(
                counted.peak <= limit,
                "{} {}: {counted:?}",
                P::NAME,
                client.name
            );
        }

        // A driver that hands in more than it was asked for.
        let mut accept = P::accept_over_tls(settings().into());
        let ((), counted) = count(|| {
            client
                .flood(&bytes)
                .for_each(|piece| accept.handle_input(piece));
        });
        assert!(
            counted.peak < ACCEPT_LIMIT,
            "{} {}: {counted:?}",
            P::NAME,
            client.name
        );
        let (_, counted) = refuse::<P>(&mut accept, |accept| accept.handle_input(b""));
        assert!(
            counted.peak < ACCEPT_LIMIT,
            "{} {}: {counted:?}",
            P::NAME,
            client.name
        );
    }
}

#[test]
fn imap_clients_that_do_not_stop() {
    const EXCHANGE: &[&str] = &["a AUTHENTICATE XOAUTH2\r\n"];
    const LOGIN: &[&str] = &["a AUTHENTICATE LOGIN\r\n"];
    withstand::<imap_auth::Imap>(&[
        hostile("command without end", &[], filled("x")),
        hostile("tag without end", &[], filled("a")),
        hostile("message without end", EXCHANGE, filled("AAAA")),
        hostile("user without end", LOGIN, filled("AAAA")),
        hostile(
            "password without end",
            &["a AUTHENTICATE LOGIN\r\n", "dGlt\r\n"],
            filled("AAAA"),
        ),
        hostile(
            "message along without end",
            &["a AUTHENTICATE XOAUTH2 "],
            filled("AAAA"),
        ),
        hostile(
            "quoted password without end",
            &["a LOGIN tim \""],
            filled("\\\""),
        ),
        hostile("commands at once", &[], filled("a NOOP\r\n")),
        hostile("commands", &[], "a CAPABILITY\r\n").one_by_one(),
        hostile("no commands", &[], filled("\r\n")),
        hostile("cancelled logins", &[], "a AUTHENTICATE XOAUTH2\r\n*\r\n").one_by_one(),
        hostile(
            "long commands",
            &[],
            format!("a ID (\"{}\")\r\n", "x".repeat(16_000)),
        )
        .one_by_one(),
        hostile("announced literal", &[], filled("a LOGIN {4294967295}\r\n")),
        hostile(
            "a literal after the other that waits",
            &[],
            filled("a LOGIN {16384}\r\n"),
        ),
        hostile(
            "announced literal beyond 32 bits",
            &[],
            filled("a LOGIN {4294967296+}\r\n"),
        ),
        hostile(
            "literals",
            &[],
            format!("a LOGIN {{16000+}}\r\n{}\r\n", "x".repeat(16_000)),
        )
        .one_by_one(),
        hostile("literals in one line", &["a ID "], filled("{1+}\r\nx ")),
    ]);
}

#[test]
fn smtp_clients_that_do_not_stop() {
    const EHLO: &[&str] = &["EHLO x\r\n"];
    withstand::<smtp_auth::Smtp>(&[
        hostile("command without end", &[], filled("x")),
        hostile("name without end", &["EHLO "], filled("x")),
        hostile(
            "message without end",
            &["EHLO x\r\n", "AUTH XOAUTH2\r\n"],
            filled("AAAA"),
        ),
        hostile(
            "password without end",
            &["EHLO x\r\n", "AUTH LOGIN\r\n", "dGlt\r\n"],
            filled("AAAA"),
        ),
        hostile(
            "message along without end",
            &["EHLO x\r\n", "AUTH XOAUTH2 "],
            filled("AAAA"),
        ),
        hostile("commands at once", EHLO, filled("NOOP\r\n")),
        hostile("commands", EHLO, "EHLO x\r\n").one_by_one(),
        hostile("no commands", EHLO, filled("\r\n")),
        hostile("cancelled logins", EHLO, "AUTH XOAUTH2\r\n*\r\n").one_by_one(),
        hostile(
            "long commands",
            EHLO,
            format!("NOOP {}\r\n", "x".repeat(16_000)),
        )
        .one_by_one(),
    ]);
}

#[test]
fn sieve_clients_that_do_not_stop() {
    const EXCHANGE: &[&str] = &["AUTHENTICATE \"XOAUTH2\"\r\n"];
    withstand::<sieve_auth::Sieve>(&[
        hostile("command without end", &[], filled("x")),
        hostile("message without end", EXCHANGE, filled("AAAA")),
        hostile("quoted message without end", EXCHANGE, filled("\"AAAA")),
        hostile(
            "message along without end",
            &["AUTHENTICATE \"XOAUTH2\" \""],
            filled("AAAA"),
        ),
        hostile("tag without end", &["NOOP \""], filled("\\\"")),
        hostile("commands at once", &[], filled("NOOP\r\n")),
        hostile("commands", &[], "CAPABILITY\r\n").one_by_one(),
        hostile("no commands", &[], filled("\r\n")),
        hostile(
            "cancelled logins",
            &[],
            "AUTHENTICATE \"XOAUTH2\"\r\n\"*\"\r\n",
        )
        .one_by_one(),
        hostile(
            "long tags",
            &[],
            format!("NOOP {{16000+}}\r\n{}\r\n", "\"".repeat(16_000)),
        )
        .one_by_one(),
        hostile("announced literal", EXCHANGE, filled("{4294967295+}\r\n")),
        hostile(
            "announced literal that waits",
            EXCHANGE,
            filled("{100}\r\n"),
        ),
        hostile(
            "announced literal beyond 32 bits",
            EXCHANGE,
            filled("{4294967296+}\r\n"),
        ),
        hostile("literals in one line", &["NOOP "], filled("{1+}\r\nx ")),
    ]);
}

/// A session with a fresh token, on a runtime that does nothing of its own while it is not asked.
fn fresh_session() -> (
    tokio::runtime::Runtime,
    mail_session::Sessions,
    mail_session::SessionId,
    mail_session::Session,
) {
    use core::time::Duration;
    use mail_session::{Sessions, User, places::MemoryPlaces, settings::Settings};
    use token_lifecycle::{Tokens, Url};

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut settings = Settings::default();
    settings.tokens.token_endpoint = Some(Url::new("https://id.example.com/token").unwrap());
    settings.tokens.client_id = "webmail".into();
    // No sharing of time with a machine that is busy: it must not have to look while it is counted.
    settings.sessions.look = Duration::from_secs(3600);
    let now = mail_login_tokens::clock::now().wall;
    let mut tokens = Tokens::held("mF_9.B5f-4.1JqM", now).unwrap();
    tokens.expires_at = Some(now + Duration::from_secs(3600));
    let (sessions, id, session) = runtime.block_on(async {
        let sessions = Sessions::builder(settings)
            .build(MemoryPlaces::new())
            .unwrap();
        let user = User::new("alice@example.com");
        let (id, session) = sessions.open(user, tokens).await.unwrap();
        (sessions, id, session)
    });
    (runtime, sessions, id, session)
}

/// Requests of a session whose token is fresh are let through without an allocation, by the function and by the
/// future, which is ready at once.
#[test]
fn fresh_checks_of_a_session() {
    use core::{
        future::Future as _,
        pin::pin,
        task::{Context, Poll, Waker},
    };
    use mail_session::Outcome;

    let (_runtime, _sessions, _, session) = fresh_session();
    let ((), counted) = count(|| {
        for _ in 0..1000 {
            assert_eq!(session.check(), Some(Outcome::GoOn));
        }
    });
    assert_eq!(counted.calls, 0, "check: {counted:?}");
    let ((), counted) = count(|| {
        for _ in 0..1000 {
            let checked = pin!(session.checked());
            let outcome = checked.poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(outcome, Poll::Ready(Outcome::GoOn));
        }
    });
    assert_eq!(counted.calls, 0, "checked: {counted:?}");
}

/// To find a session in memory by its identifier takes none either.
#[test]
fn sessions_found_in_memory() {
    let (_runtime, sessions, id, session) = fresh_session();
    let find = || {
        let found = sessions.find_here(&id).unwrap();
        assert_eq!(found.key(), session.key());
    };
    // The map gets a place for this thread once.
    find();
    let ((), counted) = count(|| (0..1000).for_each(|_| find()));
    assert_eq!(counted.calls, 0, "{counted:?}");
}
