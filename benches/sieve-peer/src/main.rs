//! `managesieve` 0.1.1 against the floor that `sieve_greeting` has, too.

#[allow(dead_code, reason = "shared with the other package, which uses more of it")]
#[path = "../../src/count.rs"]
mod count;
#[allow(dead_code, reason = "shared with the other package, which uses more of it")]
#[path = "../../src/inputs.rs"]
mod inputs;
#[allow(dead_code, reason = "shared with the other package, which uses more of it")]
#[path = "../../src/table.rs"]
mod table;

#[path = "../../src/floor/sieve.rs"]
mod sieve;

use std::hint::black_box;

use inputs::{CYRUS, LITERALS, PIGEONHOLE};
use managesieve::Capability;
use table::Table;

// As in the floors of the other package.
const XOAUTH2: u32 = 1;
const OAUTHBEARER: u32 = 2;
const STARTTLS: u32 = 8;

fn main() {
    for (title, list) in [
        ("Pigeonhole", PIGEONHOLE),
        ("Cyrus", CYRUS),
        ("Literals", LITERALS),
    ] {
        let text = std::str::from_utf8(list).expect("it is text");
        assert_eq!(peer(text), sieve::capabilities(list), "{title}");
        let mut table = Table::new(format!("{title}, {} octets", list.len()));
        table.floor("one walk with `memchr`", || {
            sieve::capabilities(black_box(list))
        });
        table.other("managesieve 0.1.1", || peer(black_box(text)));
        table.run();
    }
}

fn peer(text: &str) -> Option<u32> {
    let (_, list, _) = managesieve::response_capability(text).ok()?;
    let mut bits = 0;
    for capability in &list {
        match capability {
            Capability::Sasl(names) => {
                for name in names {
                    bits |= match name.as_str() {
                        "OAUTHBEARER" => OAUTHBEARER,
                        "XOAUTH2" => XOAUTH2,
                        _ => 0,
                    };
                }
            }
            Capability::StartTls => bits |= STARTTLS,
            _ => {}
        }
    }
    Some(bits)
}
