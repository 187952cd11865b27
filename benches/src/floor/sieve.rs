//! ManageSieve: a capability list with quoted strings and literals in one validating walk.

use memchr::memchr;

use super::{OAUTHBEARER, STARTTLS, XOAUTH2};

/// What a capability list offers.
#[inline(never)]
pub fn capabilities(list: &[u8]) -> Option<u32> {
    let (mut at, mut bits) = (0, 0);
    while let b'"' | b'{' = list.get(at)? {
        let name = string(list, &mut at)?;
        let mut value: &[u8] = b"";
        if list.get(at) == Some(&b' ') {
            at += 1;
            value = string(list, &mut at)?;
        }
        if list.get(at..at + 2)? != b"\r\n" {
            return None;
        }
        at += 2;
        bits |= capability(name, value);
    }
    let end = memchr(b'\n', &list[at..])?;
    let line = list[at..at + end].strip_suffix(b"\r")?;
    line.get(..2)?.eq_ignore_ascii_case(b"OK").then_some(bits)
}

#[inline(always)]
fn capability(name: &[u8], value: &[u8]) -> u32 {
    match name.len() {
        4 if name.eq_ignore_ascii_case(b"SASL") => {
            let mechanism = |name: &[u8]| match name.len() {
                7 if name.eq_ignore_ascii_case(b"XOAUTH2") => XOAUTH2,
                11 if name.eq_ignore_ascii_case(b"OAUTHBEARER") => OAUTHBEARER,
                _ => 0,
            };
            value
                .split(|octet| *octet == b' ')
                .map(mechanism)
                .fold(0, |all, one| all | one)
        }
        8 if name.eq_ignore_ascii_case(b"STARTTLS") => STARTTLS,
        _ => 0,
    }
}

fn string<'a>(list: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    match list.get(*at)? {
        b'"' => quoted(list, at),
        b'{' => literal(list, at),
        _ => None,
    }
}

fn quoted<'a>(list: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let start = *at + 1;
    let mut from = start;
    loop {
        let end = memchr(b'"', list.get(from..)?)? + from;
        let backslashes = list[start..end]
            .iter()
            .rev()
            .take_while(|octet| **octet == b'\\')
            .count();
        if backslashes % 2 == 0 {
            *at = end + 1;
            let text = &list[start..end];
            return memchr(b'\n', text).is_none().then_some(text);
        }
        from = end + 1;
    }
}

fn literal<'a>(list: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let close = memchr(b'}', &list[*at..])? + *at;
    let mut octets = 0_usize;
    for digit in &list[*at + 1..close] {
        if !digit.is_ascii_digit() {
            return None;
        }
        octets = octets
            .checked_mul(10)?
            .checked_add(usize::from(digit - b'0'))?;
    }
    if list.get(close + 1..close + 3)? != b"\r\n" {
        return None;
    }
    let start = close + 3;
    let text = list.get(start..start.checked_add(octets)?)?;
    *at = start + octets;
    Some(text)
}
