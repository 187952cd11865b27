//! Finding a secret in whatever form it may have leaked.

use std::fmt::Write as _;

/// Every form in which a secret would be recognised: itself, its base64 at the three alignments, its
/// URL form, hexadecimal.
pub fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for shift in 0..3 {
        let raw = [&vec![b'x'; shift][..], secret.as_bytes()].concat();
        let encoded = base64(&raw);
        // Without the characters that depend on the neighbours as well.
        let from = (shift * 8).div_ceil(6);
        let to = raw.len() * 8 / 6;
        forms.push(encoded[from..to].to_owned());
    }
    let url: String = secret.bytes().fold(String::new(), |mut out, octet| {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(octet));
            }
            octet => write!(out, "%{octet:02X}").unwrap(),
        }
        out
    });
    forms.push(url);
    forms.push(secret.bytes().fold(String::new(), |mut out, octet| {
        write!(out, "{octet:02x}").unwrap();
        out
    }));
    forms
}

/// The form of `secret` that stands in `text`, if any.
pub fn leak(text: &[u8], secret: &str) -> Option<String> {
    // Shorter secrets are found by chance.
    if secret.len() < 8 {
        return None;
    }
    forms(secret).into_iter().find(|form| {
        text.windows(form.len())
            .any(|window| window == form.as_bytes())
    })
}

/// Plain base64, independent of the code under test.
pub fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in octets.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |sum, octet| (sum << 8) | u32::from(*octet))
            << (8 * (3 - group.len()));
        for n in 0..4 {
            out.push(if n <= group.len() {
                char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63])
            } else {
                '='
            });
        }
    }
    out
}

#[test]
fn base64_and_its_alignments_are_right() {
    assert_eq!(base64(b"user@example.com"), "dXNlckBleGFtcGxlLmNvbQ==");
    for before in ["", "a", "ab", "abc"] {
        let text = base64(format!("{before}a-secret-token!zz").as_bytes());
        assert!(
            leak(text.as_bytes(), "a-secret-token!").is_some(),
            "{before}"
        );
    }
    assert_eq!(leak(b"nothing", "a-secret-token!"), None);
}
