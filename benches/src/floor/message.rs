//! The first message of the mechanisms as base64, with three encoders.

use std::sync::LazyLock;

use base64::{
    Engine,
    engine::{Simd, general_purpose},
};

/// Encodes into a slice that is long enough, and tells how much.
pub type Encode = fn(&[u8], &mut [u8]) -> usize;

const BEARER: &[u8] = b"\x01auth=Bearer ";
const END: &[u8] = b"\x01\x01";

/// Octets of the base64.
pub fn xoauth2_len(user: &str, token: &str) -> usize {
    (b"user=".len() + user.len() + BEARER.len() + token.len() + END.len()).div_ceil(3) * 4
}

/// Octets of the base64.
pub fn oauthbearer_len(user: &str, host: &str, port: &str, token: &str) -> usize {
    let head = b"n,a=".len() + user.len() + b",\x01host=".len() + host.len() + b"\x01port=".len();
    (head + port.len() + BEARER.len() + token.len() + END.len()).div_ceil(3) * 4
}

/// XOAUTH2 into a slice.
#[inline(always)]
pub fn xoauth2_into(user: &str, token: &str, out: &mut [u8], encode: Encode) -> usize {
    let head = [b"user=", user.as_bytes(), BEARER];
    into(&head, token.as_bytes(), out, encode)
}

/// OAUTHBEARER into a slice.
#[inline(always)]
pub fn oauthbearer_into(
    user: &str,
    host: &str,
    port: &str,
    token: &str,
    out: &mut [u8],
    encode: Encode,
) -> usize {
    let head = oauthbearer_head(user, host, port);
    into(&head, token.as_bytes(), out, encode)
}

/// XOAUTH2 behind what a vector holds, without filling it with zeros first; by `encodify`.
#[inline(always)]
pub fn append_xoauth2(user: &str, token: &str, out: &mut Vec<u8>) {
    append(&[b"user=", user.as_bytes(), BEARER], token.as_bytes(), out);
}

/// OAUTHBEARER likewise.
#[inline(always)]
pub fn append_oauthbearer(user: &str, host: &str, port: &str, token: &str, out: &mut Vec<u8>) {
    append(&oauthbearer_head(user, host, port), token.as_bytes(), out);
}

fn oauthbearer_head<'a>(user: &'a str, host: &'a str, port: &'a str) -> [&'a [u8]; 7] {
    [
        b"n,a=",
        user.as_bytes(),
        b",\x01host=",
        host.as_bytes(),
        b"\x01port=",
        port.as_bytes(),
        BEARER,
    ]
}

/// By `encodify`.
pub fn by_encodify(octets: &[u8], out: &mut [u8]) -> usize {
    encodify::base64::STANDARD
        .encode_slice(octets, out)
        .expect("it is long enough")
}

/// By `base64`, in the way that everybody uses it.
pub fn by_scalar(octets: &[u8], out: &mut [u8]) -> usize {
    general_purpose::STANDARD
        .encode_slice(octets, out)
        .expect("it is long enough")
}

/// By `base64` with the engine that few know.
pub fn by_simd(octets: &[u8], out: &mut [u8]) -> usize {
    static SIMD: LazyLock<Simd> = LazyLock::new(|| Simd::standard(general_purpose::PAD));
    SIMD.encode_slice(octets, out).expect("it is long enough")
}

/// Octets put together, in place: they are never moved.
struct Block<const N: usize> {
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Block<N> {
    #[inline(always)]
    fn push(&mut self, part: &[u8]) {
        self.octets[self.len..self.len + part.len()].copy_from_slice(part);
        self.len += part.len();
    }
}

/// Encodes what stands before the token, filled up to whole groups of three; groups of the token, from
/// where they are; and the end.
#[inline(always)]
fn pieces(head: &[&[u8]], token: &[u8], mut encode: impl FnMut(&[u8])) {
    let mut block = Block {
        octets: [0; 384],
        len: 0,
    };
    head.iter().for_each(|part| block.push(part));
    let (filling, token) = token.split_at((3 - block.len % 3) % 3);
    block.push(filling);
    encode(&block.octets[..block.len]);
    let (groups, rest) = token.split_at(token.len() - token.len() % 3);
    encode(groups);
    let mut block = Block {
        octets: [0; 4],
        len: 0,
    };
    block.push(rest);
    block.push(END);
    encode(&block.octets[..block.len]);
}

#[inline(always)]
fn into(head: &[&[u8]], token: &[u8], out: &mut [u8], encode: Encode) -> usize {
    let mut at = 0;
    pieces(head, token, |piece| at += encode(piece, &mut out[at..]));
    at
}

#[inline(always)]
fn append(head: &[&[u8]], token: &[u8], out: &mut Vec<u8>) {
    pieces(head, token, |piece| {
        encodify::base64::STANDARD.encode_append(piece, out);
    });
}
