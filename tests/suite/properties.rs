//! Properties of the login machines, for inputs that resemble what servers say, and of the side of the
//! server, for inputs that resemble what clients say.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::panic,
    reason = "a test"
)]

use std::{path::Path, sync::OnceLock};

use harness::{Script, Tested, oracle, serve};
use proptest::prelude::*;

/// Seeds of one protocol, for the side of the server or of the client: what its transcripts say.
fn seeds<P: Tested>(accept: bool) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("transcripts")
        .join(P::NAME);
    let scripts = Script::folder(&folder).into_iter();
    let ours = scripts.filter(|script| script.machine.starts_with("accept") == accept);
    let seed = if accept { serve::seed } else { oracle::seed };
    ours.map(|script| seed(&script)).collect()
}

/// One change to an input.
#[derive(Clone, Debug)]
enum Change {
    Delete(usize, usize),
    Insert(usize, Vec<u8>),
    Replace(usize, u8),
    Splice(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let octets = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\xff".to_vec()),
        Just(b"{3}\r\n".to_vec()),
        Just(b"{4294967295}\r\n".to_vec()),
        Just(b" ".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"]".to_vec()),
        Just(b"* BYE x\r\n".to_vec()),
        Just(b"421 x\r\n".to_vec()),
        Just(b"BYE\r\n".to_vec()),
        Just(b"+ \r\n".to_vec()),
        Just(b"334 \r\n".to_vec()),
        Just(b"\"\"\r\n".to_vec()),
        Just(b"*\r\n".to_vec()),
        Just(b"{3+}\r\n".to_vec()),
        Just(b"STARTTLS\r\n".to_vec()),
        Just(b"a AUTHENTICATE XOAUTH2\r\n".to_vec()),
        Just(b"AUTH XOAUTH2\r\n".to_vec()),
        Just(b"AUTHENTICATE \"XOAUTH2\"\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..6),
    ];
    prop_oneof![
        (any::<usize>(), 1..40_usize).prop_map(|(at, len)| Change::Delete(at, len)),
        (any::<usize>(), octets).prop_map(|(at, octets)| Change::Insert(at, octets)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, octet)| Change::Replace(at, octet)),
        (any::<usize>(), any::<usize>(), 1..60_usize)
            .prop_map(|(a, b, len)| Change::Splice(a, b, len)),
    ]
}

fn apply(mut input: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |at: &usize| at % (input.len() + 1);
        match change {
            Change::Delete(at, len) => {
                let at = place(at);
                let end = (at + len).min(input.len());
                input.drain(at..end);
            }
            Change::Insert(at, octets) => {
                let at = place(at);
                input.splice(at..at, octets.iter().copied());
            }
            Change::Replace(at, octet) => {
                let at = place(at);
                if let Some(old) = input.get_mut(at) {
                    *old = *octet;
                }
            }
            Change::Splice(from, to, len) => {
                let (from, to) = (place(from), place(to));
                let end = (from + len).min(input.len());
                let copy: Vec<_> = input.get(from..end).unwrap_or_default().to_vec();
                input.splice(to..to, copy);
            }
        }
    }
    input
}

macro_rules! protocol {
    ($name:ident, $protocol:ty) => {
        mod $name {
            use super::*;

            fn seeded() -> &'static [Vec<u8>] {
                static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
                SEEDS.get_or_init(|| seeds::<$protocol>(false))
            }

            fn seeded_for_accept() -> &'static [Vec<u8>] {
                static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
                SEEDS.get_or_init(|| {
                    let mut seeds = seeds::<$protocol>(true);
                    // Longer ones take long, and are in the corpus.
                    seeds.retain(|seed| seed.len() < 2048);
                    seeds
                })
            }

            proptest! {
                #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

                #[test]
                fn changed_dialogues(
                    n in any::<prop::sample::Index>(),
                    choices in any::<u8>(),
                    keep in any::<bool>(),
                    changes in proptest::collection::vec(change(), 0..6),
                ) {
                    let mut input = n.get(seeded()).clone();
                    if !keep {
                        input[0] = choices;
                    }
                    oracle::login::<$protocol>(&apply(input, &changes));
                }

                #[test]
                fn changed_dialogues_of_clients(
                    n in any::<prop::sample::Index>(),
                    choices in any::<[u8; 2]>(),
                    keep in any::<bool>(),
                    changes in proptest::collection::vec(change(), 0..6),
                ) {
                    let mut input = n.get(seeded_for_accept()).clone();
                    if !keep {
                        input[..2].copy_from_slice(&choices);
                    }
                    serve::accept::<$protocol>(&apply(input, &changes));
                }

                #[test]
                fn noise_of_clients(input in proptest::collection::vec(any::<u8>(), 0..200)) {
                    serve::accept::<$protocol>(&input);
                }

                #[test]
                fn noise(input in proptest::collection::vec(any::<u8>(), 0..200)) {
                    oracle::login::<$protocol>(&input);
                }
            }

            /// The stream may end behind any octet: a typed error or a farewell, never an acceptance.
            #[test]
            fn every_end() {
                for seed in seeded() {
                    // What is longer repeats itself in the middle.
                    let ends = (1..seed.len()).filter(|end| *end < 1024 || end + 2 > seed.len());
                    for end in ends {
                        oracle::login::<$protocol>(&seed[..end]);
                    }
                }
            }

            /// A client may leave behind any octet.
            #[test]
            fn every_end_of_clients() {
                for seed in seeded_for_accept() {
                    for end in 2..seed.len() {
                        serve::accept::<$protocol>(&seed[..end]);
                    }
                }
            }
        }
    };
}

protocol!(imap, imap_auth::Imap);
protocol!(smtp, smtp_auth::Smtp);
protocol!(sieve, sieve_auth::Sieve);

mod messages {
    use super::*;

    /// What messages are made of.
    const PARTS: [&[u8]; 22] = [
        b"n,",
        b"y,",
        b"p=x,",
        b"a=",
        b"user=",
        b"user@example.com",
        b"auth=",
        b"Bearer ",
        b"bearer ",
        b"token",
        b"\x01",
        b"\x01\x01",
        b"host=a.example",
        b"port=993",
        b"x=y",
        b",",
        b"=2C",
        b"=3D",
        b"\0",
        b"tim",
        b"\xc3\xa4",
        b"\x80",
    ];

    /// A message of a mechanism with this and that in it.
    fn message() -> impl Strategy<Value = Vec<u8>> {
        let part = proptest::sample::select(&PARTS[..]);
        let parts = proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat());
        let right = prop_oneof![
            Just(b"n,a=u,\x01host=a.example\x01port=993\x01auth=Bearer t\x01\x01".to_vec()),
            Just(b"user=u\x01auth=Bearer t\x01\x01".to_vec()),
            Just(b"z\0u\0p".to_vec()),
        ];
        let changed = (right, proptest::collection::vec(change(), 0..3))
            .prop_map(|(message, changes)| apply(message, &changes));
        prop_oneof![parts, changed]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn of_all_mechanisms(
            choices in any::<u8>(),
            message in message(),
            answers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..3),
        ) {
            let mut input = vec![choices];
            input.extend(message);
            for answer in answers {
                input.push(0xff);
                input.extend(answer);
            }
            harness::messages::messages(&input);
        }
    }
}
