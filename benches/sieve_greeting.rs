//! What a ManageSieve server offers. The only peer needs a lock file of its own, see `sieve-peer`.

use std::hint::black_box;

use mail_login_benches::{
    Table,
    count::heap_of,
    floor::{self, OAUTHBEARER, STARTTLS, XOAUTH2},
    inputs::{CYRUS, LITERALS, PIGEONHOLE},
};
use sasl_core::Mechanism;
use sieve_auth::parse;

fn main() {
    for (title, list) in [
        ("Pigeonhole", PIGEONHOLE),
        ("Cyrus", CYRUS),
        ("Literals", LITERALS),
    ] {
        let (ours, heap) = heap_of(|| ours(list));
        assert_eq!(
            (ours, heap.allocs),
            (floor::sieve::capabilities(list), 0),
            "{title}"
        );
        let mut table = Table::new(format!("{title}, {} octets", list.len()));
        table.floor("one walk with `memchr`", || {
            floor::sieve::capabilities(black_box(list))
        });
        table.ours("`sieve_auth::parse::capabilities`", || {
            parse::capabilities(black_box(list), false)
        });
        table.run();
    }
}

fn ours(list: &[u8]) -> Option<u32> {
    let offer = parse::capabilities(list, false).ok()?;
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
