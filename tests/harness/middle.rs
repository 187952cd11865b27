//! Somebody between our client and our server, and what must hold whatever he does. Property tests,
//! fuzz targets and the replay of the fuzz corpus all end here.
//!
//! An input is two octets of choices, and then what he does to one write after the other. Where there
//! is TLS he can only cut the wire.

use sasl_core::{AcceptSettings, Conformance, Mechanism, Reason, Settings, Verdict};

use crate::{
    Tested,
    accept::REASONS,
    pair::{ClientEnd, Middle, Mode, Pieces, Plan, Seen, ServerEnd, Side, credentials, run},
    secrecy::leak,
};

const USER: &str = "user@example.com";
/// The secret of every input.
pub const TOKEN: &str = "mF_9.B5f-4.1JqM-not-for-those-between";
const NEXT: &str = "the-next-token-of-the-same-user";

/// One protocol after the other, as the first octet says.
pub fn man_in_the_middle(input: &[u8]) {
    match input.first().map(|octet| octet % 3) {
        Some(0) => between::<imap_auth::Imap>(input),
        Some(1) => between::<smtp_auth::Smtp>(input),
        Some(_) => between::<sieve_auth::Sieve>(input),
        None => {}
    }
}

/// No panic, no end in sight, no secret in clear, no acceptance on one side alone.
pub fn between<P: Tested>(input: &[u8]) {
    let (choices, script) = input.split_at(input.len().min(2));
    let plan = plan(choices);
    let mut meddler = Meddler::new(script);
    let seen = run::<P>(&plan, &mut meddler);
    check(&plan, &seen, meddler.said_a_secret);
}

fn plan(choices: &[u8]) -> Plan {
    let (first, second) = match choices {
        [first, second] => (first / 3, *second),
        _ => (0, 0),
    };
    let mechanism = Mechanism::ALL[usize::from(second) % Mechanism::ALL.len()];
    let second = usize::from(second) / Mechanism::ALL.len();
    let verdict = match second % 10 {
        0 | 9 => Verdict::accept(USER),
        n => Verdict::refuse(REASONS[n - 1]),
    };
    Plan {
        // Mostly the one that there is something to be had from.
        mode: match first & 7 {
            0 => Mode::Exposed,
            1 => Mode::Implicit,
            _ => Mode::StartTls,
        },
        mechanism,
        initial_response: first & 8 == 0,
        credentials: vec![
            credentials(mechanism, USER, TOKEN),
            credentials(mechanism, USER, NEXT),
        ],
        verdicts: vec![verdict, Verdict::accept(USER)],
        settings: Settings::new().conformance(if first & 16 == 0 {
            Conformance::Robust
        } else {
            Conformance::Strict
        }),
        accept: AcceptSettings::new()
            .mechanisms(Mechanism::ALL)
            .starttls(first & 32 == 0),
    }
}

fn check(plan: &Plan, seen: &Seen, said_a_secret: bool) {
    let shown = seen.shown.join("\n");
    for secret in [TOKEN, NEXT] {
        // LOGIN tells name and password apart by their order alone, which is his to change in clear.
        let is_a_name = plan.mode == Mode::Exposed
            && plan.mechanism == Mechanism::Login
            && seen.presented.iter().any(|(user, _)| user.contains(secret));
        if !said_a_secret && !is_a_name {
            assert_eq!(leak(shown.as_bytes(), secret), None, "{plan:?} {shown}");
        }
        if plan.mode != Mode::Exposed {
            // One write after the other, and all in a row.
            for side in [Side::Client, Side::Server] {
                let writes = seen.clear.iter().filter(|(from, _)| *from == side);
                let clear: Vec<u8> = writes.flat_map(|(_, write)| write.clone()).collect();
                assert_eq!(leak(&clear, secret), None, "{side:?} {plan:?}");
            }
        }
    }
    if plan.mode == Mode::Exposed {
        return;
    }
    // Whoever is in, is so under TLS, by our token, and because the server says so.
    if seen.client_is_in() || seen.server_let_in() || !seen.presented.is_empty() {
        assert!(
            seen.tls || plan.mode == Mode::Implicit,
            "a login in clear: {seen:?}"
        );
    }
    if seen.client_is_in() {
        assert!(seen.server_let_in(), "only the client is in: {seen:?}");
        assert_eq!(seen.remaining[0], b"", "what came with the login");
    }
    if let Some(ServerEnd::Accepted(user, mechanism)) = &seen.server {
        assert_eq!(user, USER, "{seen:?}");
        // The LOGIN command counts as none.
        assert_eq!(mechanism.unwrap_or(plan.mechanism), plan.mechanism);
        assert!(
            !matches!(
                seen.client.last(),
                Some(ClientEnd::Rejected(reason)) if *reason != Reason::Closed
            ),
            "accepted here, refused there: {seen:?}"
        );
    }
    for (n, presented) in seen.presented.iter().enumerate() {
        let secret = plan.credentials[n].secret().expose();
        assert_eq!(presented, &(USER.to_owned(), secret.to_owned()));
    }
    if seen.tls || plan.mode == Mode::Implicit {
        // In TLS there is nobody to break the rules.
        assert!(
            !matches!(&seen.server, Some(ServerEnd::Error(_))),
            "{seen:?}"
        );
    }
}

/// Does to each write what a script says, octet by octet; when that is at its end, nothing.
struct Meddler<'a> {
    script: &'a [u8],
    /// What is kept back, for either side.
    held: [Vec<u8>; 2],
    /// He passed on or made up what a secret stands in.
    said_a_secret: bool,
    /// He has no more to say to those who wait.
    silent: bool,
}

impl<'a> Meddler<'a> {
    fn new(script: &'a [u8]) -> Self {
        Self {
            script,
            held: [Vec::new(), Vec::new()],
            said_a_secret: false,
            silent: false,
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.script.split_first()?;
        self.script = rest;
        Some(*first)
    }

    /// A place within so many octets.
    fn place(&mut self, octets: usize) -> usize {
        usize::from(self.next().unwrap_or_default()) % octets.max(1)
    }

    fn phrase(&mut self) -> &'static [u8] {
        PHRASES[self.place(PHRASES.len())]
    }
}

impl Middle for Meddler<'_> {
    fn in_clear(&mut self, from: Side, write: &[u8]) -> Pieces {
        let to = from.other();
        let mut pieces = Pieces::new();
        let before = std::mem::take(&mut self.held[to as usize]);
        let mut piece = write.to_vec();
        let lines = || write.split_inclusive(|octet| *octet == b'\n');
        let deed = self.next().unwrap_or_default() % 16;
        // He writes the secret's letters, or his own among them, where they are looked for as something
        // else: as a tag, say.
        let mixes = matches!(deed, 3..=5) && [TOKEN, NEXT].iter().any(|s| leak(write, s).is_some());
        self.said_a_secret |= mixes;
        match deed {
            1 => piece.clear(),
            2 => piece.extend_from_slice(write),
            3 => {
                let at = self.place(piece.len());
                let octet = self.next().unwrap_or_default();
                if let Some(old) = piece.get_mut(at) {
                    *old = octet;
                }
            }
            4 => {
                let at = self.place(piece.len() + 1);
                let phrase = self.phrase();
                piece.splice(at..at, phrase.iter().copied());
            }
            5 => {
                let at = self.place(piece.len());
                let end = (at + 1 + self.place(40)).min(piece.len());
                piece.drain(at..end);
            }
            6 => self.held[to as usize] = std::mem::take(&mut piece),
            7 => {
                let at = self.place(piece.len());
                pieces.push((to, piece.drain(..at).collect()));
            }
            8 => piece = self.phrase().to_vec(),
            // His own words before and behind those of others, in one piece.
            9 => piece = [self.phrase(), &piece].concat(),
            10 => piece.extend_from_slice(self.phrase()),
            11 => pieces.push((from, self.phrase().to_vec())),
            // Back to where it came from.
            12 => {
                self.said_a_secret = true;
                pieces.push((from, write.to_vec()));
            }
            13 => {
                let n = self.place(lines().count());
                let kept = lines().enumerate().filter(|(other, _)| *other != n);
                piece = kept.flat_map(|(_, line)| line).copied().collect();
            }
            14 => piece = lines().rev().flatten().copied().collect(),
            // Hidden or shown, in the list of what there is.
            15 => {
                let words: [(&[u8], &[u8]); 4] = [
                    (b"STARTTLS", b"STARTTLZ"),
                    (b"LOGINDISABLED", b"AUTH=XOAUTH2"),
                    (b"\"SASL\" \"\"", b"\"SASL\" \"PLAIN XOAUTH2\""),
                    (b"250 STARTTLS", b"250-STARTTLS\r\n250 AUTH PLAIN XOAUTH2"),
                ];
                let (old, new) = words[self.place(words.len())];
                if let Some(at) = piece.windows(old.len()).position(|window| window == old) {
                    piece.splice(at..at + old.len(), new.iter().copied());
                }
            }
            _ => {}
        }
        pieces.push((to, piece));
        pieces.push((to, before));
        pieces
    }

    fn under_tls(&mut self, _: Side) -> bool {
        // Rarely, or nothing would ever get that far.
        self.next().is_none_or(|octet| octet < 240)
    }

    fn silence(&mut self) -> Pieces {
        let client = std::mem::take(&mut self.held[0]);
        let server = std::mem::take(&mut self.held[1]);
        let mut pieces = vec![(Side::Client, client), (Side::Server, server)];
        if pieces.iter().all(|(_, piece)| piece.is_empty()) && !self.silent {
            match self.next() {
                Some(octet) if octet % 4 != 0 => {
                    let to = if octet & 4 == 0 {
                        Side::Client
                    } else {
                        Side::Server
                    };
                    pieces.push((to, self.phrase().to_vec()));
                }
                _ => self.silent = true,
            }
        }
        pieces.retain(|(_, piece)| !piece.is_empty());
        pieces
    }
}

/// What would get him further, in all three protocols. The tags are those that a client begins with.
const PHRASES: [&[u8]; 63] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\"",
    b"*\r\n",
    b"=\r\n",
    b"{3}\r\n",
    b"{3+}\r\nabc\r\n",
    b"{4294967295}\r\n",
    b"\x16\x03\x01\x02\x00",
    b"* OK ready\r\n",
    b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=LOGIN] ready\r\n",
    b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
    b"* PREAUTH [CAPABILITY IMAP4rev1] in\r\n",
    b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=PLAIN\r\n",
    b"* CAPABILITY IMAP4rev1 STARTTLS\r\n",
    b"* BYE x\r\n",
    b"A1 OK done\r\n",
    b"A2 OK done\r\n",
    b"A3 OK [CAPABILITY IMAP4rev1] in\r\n",
    b"A1 NO no\r\n",
    b"A1 BAD bad\r\n",
    b"A2 NO [PRIVACYREQUIRED] no\r\n",
    b"+ \r\n",
    b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n",
    b"A1 STARTTLS\r\n",
    b"A1 CAPABILITY\r\n",
    b"A1 AUTHENTICATE XOAUTH2\r\n",
    b"A1 AUTHENTICATE PLAIN AGV2ZQBzZWNyZXQ=\r\n",
    b"A1 LOGIN eve secret\r\n",
    b"A1 LOGOUT\r\n",
    b"A1 NOOP\r\n",
    b"220 mx\r\n",
    b"220-mx\r\n",
    b"250 mx\r\n",
    b"250-mx\r\n250 AUTH XOAUTH2 OAUTHBEARER PLAIN LOGIN\r\n",
    b"250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN XOAUTH2\r\n",
    b"334 \r\n",
    b"235 2.7.0 in\r\n",
    b"535 5.7.8 no\r\n",
    b"454 4.7.0 later\r\n",
    b"421 x\r\n",
    b"502 no\r\n",
    b"EHLO x\r\n",
    b"AUTH XOAUTH2\r\n",
    b"AUTH PLAIN AGV2ZQBzZWNyZXQ=\r\n",
    b"MAIL FROM:<eve@example.com>\r\n",
    b"QUIT\r\n",
    b"STARTTLS\r\n",
    b"\"SASL\" \"XOAUTH2 OAUTHBEARER PLAIN\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n",
    b"\"SASL\" \"\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n",
    b"\"STARTTLS\"\r\n",
    b"OK\r\n",
    b"OK \"in\"\r\n",
    b"NO \"no\"\r\n",
    b"BYE\r\n",
    b"\"\"\r\n",
    b"CAPABILITY\r\n",
    b"AUTHENTICATE \"XOAUTH2\"\r\n",
    b"AUTHENTICATE \"PLAIN\" \"AGV2ZQBzZWNyZXQ=\"\r\n",
    b"LOGOUT\r\n",
];
