//! The fuzz targets and their seeds.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    Script, answers, machine, mechanisms, messages, middle, oracle, parsers, script::Step, serve,
    tokens,
};

/// A fuzz target: its name, and what it calls.
pub type Target = (&'static str, fn(&[u8]));

/// Every fuzz target.
pub const TARGETS: [Target; 16] = [
    ("accept_mechanisms", messages::messages),
    ("answers", answers::answers),
    ("imap_accept", serve::accept::<imap_auth::Imap>),
    ("imap_login", oracle::login::<imap_auth::Imap>),
    ("imap_parse", parsers::imap),
    ("lifecycle", machine::lifecycle),
    ("man_in_the_middle", middle::man_in_the_middle),
    ("mechanisms", mechanisms::mechanisms),
    ("records", answers::records),
    ("sieve_accept", serve::accept::<sieve_auth::Sieve>),
    ("sieve_login", oracle::login::<sieve_auth::Sieve>),
    ("sieve_parse", parsers::sieve),
    ("smtp_accept", serve::accept::<smtp_auth::Smtp>),
    ("smtp_login", oracle::login::<smtp_auth::Smtp>),
    ("smtp_parse", parsers::smtp),
    ("tokens", tokens::tokens),
];

/// Longer seeds only slow a fuzzer down.
const LENGTH: usize = 2048;

/// Where the seeds are. Files in it whose names begin with `found-` are no seeds, but inputs that once
/// broke something.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

/// What the transcripts give, and the seeds of what no transcript shows: target, name, input.
pub fn seeds() -> BTreeMap<(String, String), Vec<u8>> {
    let mut seeds = Seeds::default();
    for protocol in ["imap", "sieve", "smtp"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("transcripts")
            .join(protocol);
        for script in Script::folder(&path) {
            if script.machine.starts_with("accept") {
                seeds.add(
                    &format!("{protocol}_accept"),
                    &script.name,
                    serve::seed(&script),
                );
                for (n, exchange) in shown(&script).into_iter().enumerate() {
                    seeds.add(
                        "accept_mechanisms",
                        &format!("{protocol}-{}-{n}", script.name),
                        exchange,
                    );
                }
                continue;
            }
            seeds.add(
                &format!("{protocol}_login"),
                &script.name,
                oracle::seed(&script),
            );
            for flight in script.server_flights() {
                let target = format!("{protocol}_parse");
                seeds.add(&target, &hash(flight), flight.to_vec());
            }
            seeds.add(
                "mechanisms",
                &format!("{protocol}-{}", script.name),
                exchange(&script),
            );
        }
    }
    let others = [
        ("answers", &answers::SEEDS[..]),
        ("lifecycle", &machine::SEEDS),
        ("records", &answers::RECORDS),
        ("tokens", &tokens::SEEDS),
    ];
    for (target, inputs) in others {
        for (name, input) in inputs {
            seeds.add(target, name, input.to_vec());
        }
    }
    for n in 0..=255 {
        seeds.add("man_in_the_middle", &format!("deeds-{n:02x}"), deeds(n));
    }
    seeds.files
}

/// A plan, and two things done after a while: no transcript can give more.
fn deeds(n: u8) -> Vec<u8> {
    let untouched = vec![0; usize::from(n / 16 % 5)];
    let deed = [n % 16, n.wrapping_mul(7), n.wrapping_mul(13)];
    [&[n, n.wrapping_mul(31)], &untouched[..], &deed, &deed[..1]].concat()
}

/// What a client says in base64, decoded, each with what it says next.
fn shown(script: &Script) -> Vec<Vec<u8>> {
    let words: Vec<_> = script
        .flights()
        .flat_map(|flight| flight.split(|octet| b" \"\r\n".contains(octet)))
        .filter(|word| word.len() > 3)
        .collect();
    let next = |n: usize| words.get(n + 1).copied().unwrap_or_default();
    let messages = words.iter().enumerate().filter_map(|(n, word)| {
        let message = sasl_core::base64::decode(word, false)?;
        let mechanism = words[..n]
            .iter()
            .rev()
            .find_map(|word| sasl_core::Mechanism::parse(word))?;
        let choice = sasl_core::Mechanism::ALL
            .into_iter()
            .position(|other| other == mechanism)?;
        let octets = message.into_iter().filter(|octet| *octet != 0xff);
        let mut input = vec![choice as u8];
        input.extend(octets);
        input.push(0xff);
        input.extend(next(n));
        Some(input)
    });
    messages.collect()
}

#[derive(Default)]
struct Seeds {
    files: BTreeMap<(String, String), Vec<u8>>,
    seen: BTreeSet<(String, Vec<u8>)>,
}

impl Seeds {
    fn add(&mut self, target: &str, name: &str, input: Vec<u8>) {
        let is_new = self.seen.insert((target.to_owned(), input.clone()));
        if is_new && (1..=LENGTH).contains(&input.len()) {
            self.files
                .insert((target.to_owned(), name.to_owned()), input);
        }
    }
}

/// A name that stays when other transcripts say the same: FNV-1a.
fn hash(octets: &[u8]) -> String {
    let hash = octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// User, token and challenges of a transcript, with what [`mechanisms::mechanisms`] chooses by.
fn exchange(script: &Script) -> Vec<u8> {
    let mut words = script.credentials.split(' ').skip(1);
    let mut fields = [words.next(), words.next()]
        .map(|word| word.unwrap_or_default().as_bytes().to_vec())
        .to_vec();
    let mut choice = 8;
    for step in &script.steps {
        match step {
            Step::Server(flight) => {
                for line in flight.split(|octet| *octet == b'\n') {
                    let line = line.strip_suffix(b"\r").unwrap_or(line);
                    let challenge = line
                        .strip_prefix(b"+ ")
                        .or_else(|| line.strip_prefix(b"334 "))
                        .or_else(|| {
                            line.strip_prefix(b"\"")?
                                .strip_suffix(b"\"")
                                .filter(|inner| !inner.contains(&b'"'))
                        });
                    fields.extend(challenge.map(<[u8]>::to_vec));
                }
            }
            Step::Client(line) => {
                let line = String::from_utf8_lossy(line);
                if let Some(at) = sasl_core::Mechanism::ALL.into_iter().position(|m| {
                    line.contains(&format!(" {}", m.name()))
                        || line.contains(&format!("\"{}\"", m.name()))
                }) {
                    let alone = line
                        .trim_end()
                        .ends_with(sasl_core::Mechanism::ALL[at].name())
                        || line.trim_end().ends_with("\"") && !line.contains(" \"");
                    choice = at as u8 | if alone { 0 } else { 8 };
                }
            }
            _ => {}
        }
    }
    if fields.len() == 2 {
        // Nothing was asked.
        return Vec::new();
    }
    fields
        .iter_mut()
        .for_each(|field| field.retain(|octet| *octet != 0xff));
    [vec![choice], fields.join(&0xff)].concat()
}
