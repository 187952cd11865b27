//! Tokens: is one due, and what did the server say?

use memchr::memchr2;

/// What there is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Fresh,
    /// Use it, and refresh it.
    Soon,
    /// Refresh it first.
    Expired,
}

/// Whether a token is due: two times, no token, no limits, no other clock.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// When it is refreshed.
    pub refresh: u64,
    /// When it expires.
    pub expiry: u64,
}

impl Times {
    /// Compares.
    #[inline(never)]
    pub fn decide(&self, now: u64) -> Due {
        if now < self.refresh {
            Due::Fresh
        } else if now < self.expiry {
            Due::Soon
        } else {
            Due::Expired
        }
    }
}

/// What is in the answer of a token endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer<'a> {
    /// The access token.
    pub access: &'a [u8],
    /// The refresh token.
    pub refresh: &'a [u8],
    /// How many seconds the access token lives.
    pub expires_in: u64,
}

/// Reads a flat object of texts without escapes and of whole numbers.
#[inline(never)]
pub fn answer(json: &[u8]) -> Option<Answer<'_>> {
    let mut answer = Answer::default();
    let mut at = 0;
    skip(json, &mut at);
    expect(json, &mut at, b'{')?;
    loop {
        skip(json, &mut at);
        let name = text(json, &mut at)?;
        skip(json, &mut at);
        expect(json, &mut at, b':')?;
        skip(json, &mut at);
        if json.get(at) == Some(&b'"') {
            let value = text(json, &mut at)?;
            match name {
                b"access_token" => answer.access = value,
                b"refresh_token" => answer.refresh = value,
                _ => {}
            }
        } else {
            let value = number(json, &mut at)?;
            if name == b"expires_in" {
                answer.expires_in = value;
            }
        }
        skip(json, &mut at);
        match json.get(at)? {
            b',' => at += 1,
            b'}' => return Some(answer),
            _ => return None,
        }
    }
}

fn skip(json: &[u8], at: &mut usize) {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = json.get(*at) {
        *at += 1;
    }
}

fn expect(json: &[u8], at: &mut usize, octet: u8) -> Option<()> {
    (json.get(*at)? == &octet).then(|| *at += 1)
}

fn text<'a>(json: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    expect(json, at, b'"')?;
    let rest = &json[*at..];
    let end = memchr2(b'"', b'\\', rest)?;
    if rest[end] == b'\\' {
        return None;
    }
    std::str::from_utf8(&rest[..end]).ok()?;
    *at += end + 1;
    Some(&rest[..end])
}

fn number(json: &[u8], at: &mut usize) -> Option<u64> {
    let begin = *at;
    let mut number = 0_u64;
    while let Some(digit @ b'0'..=b'9') = json.get(*at) {
        number = number
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
        *at += 1;
    }
    (*at > begin).then_some(number)
}
