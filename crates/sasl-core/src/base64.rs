//! Base64 (<https://www.rfc-editor.org/rfc/rfc4648#section-4>), strict, and straight into a buffer.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use ::base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

/// Padding required, no trailing bits.
const STRICT: GeneralPurpose = GeneralPurpose::new(&STANDARD, general_purpose::PAD);

/// Padding required, trailing bits ignored.
const TRAILING_BITS: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// How many octets the base64 of `octets` octets has. Saturates.
pub const fn encoded_len(octets: usize) -> usize {
    octets.div_ceil(3).saturating_mul(4)
}

/// Decodes strictly: no character outside the alphabet, no missing or inner padding, no white space.
/// `trailing_bits` also takes text whose unused last bits are not zero, such as `AR==`.
///
/// ```
/// use sasl_core::base64::decode;
/// assert_eq!(decode(b"AQ==", false).as_deref(), Some(&b"\x01"[..]));
/// assert_eq!(decode(b"AR==", false), None);
/// assert_eq!(decode(b"AR==", true).as_deref(), Some(&b"\x01"[..]));
/// assert_eq!(decode(b"A Q==", true), None);
/// ```
pub fn decode(text: &[u8], trailing_bits: bool) -> Option<Vec<u8>> {
    let engine = if trailing_bits {
        &TRAILING_BITS
    } else {
        &STRICT
    };
    engine.decode(text).ok()
}

/// The same for secrets: what was decoded is wiped, also where the rest turns out malformed.
pub(crate) fn decode_secret(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(vec![0; text.len().div_ceil(4).saturating_mul(3)]);
    let length = STRICT.decode_slice(text, &mut octets).ok()?;
    octets.truncate(length);
    Some(octets)
}

/// Encodes into `target`, which has exactly the encoded length.
pub(crate) fn encode(octets: &[u8], target: &mut [u8]) {
    // The only error is a target that is too short, and the length was computed for these octets.
    #[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
    let written = SIMD.encode_slice(octets, target);
    #[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let written = STRICT.encode_slice(octets, target);
    debug_assert_eq!(written, Ok(encoded_len(octets.len())));
}

/// Not state: what the processor can do, looked up once.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
static SIMD: std::sync::LazyLock<::base64::engine::Simd> =
    std::sync::LazyLock::new(|| ::base64::engine::Simd::standard(general_purpose::PAD));

/// Without padding, for words of which only a part is base64.
const LOOSE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Cuts base64 of `secret` out of `text`, whatever its alignment, also base64 of a JSON document that
/// spells it otherwise. All of the text goes.
pub(crate) fn scrub(text: Vec<u8>, secret: &str) -> Vec<u8> {
    // Shorter ones are found by chance in any word.
    if secret.len() >= 6 && (holds(&text, secret) || holds_document_of(&text, secret)) {
        LEFT_OUT.to_vec()
    } else {
        text
    }
}

/// What stands in the place of a text that repeats a secret.
pub(crate) const LEFT_OUT: &[u8] = b"<left out: it repeats what is secret>";

fn holds(text: &[u8], secret: &str) -> bool {
    (0..3).any(|shift| {
        let mut shifted = Zeroizing::new(Vec::with_capacity(shift + secret.len()));
        shifted.resize(shift, 0);
        shifted.extend_from_slice(secret.as_bytes());
        let mut encoded = Zeroizing::new(vec![0; encoded_len(shifted.len())]);
        encode(&shifted, &mut encoded);
        // The characters that also depend on what stands before and behind are left out.
        let from = [0, 2, 3].get(shift).copied().unwrap_or(0);
        let to = shifted.len() * 8 / 6;
        encoded
            .get(from..to)
            .is_some_and(|core| memchr::memmem::find(text, core).is_some())
    })
}

fn holds_document_of(text: &[u8], secret: &str) -> bool {
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    text.split(|octet| !is_base64(octet))
        .filter(|word| word.len() > secret.len())
        .any(|word| {
            let whole = word.len() - usize::from(word.len() % 4 == 1);
            let decoded = word.get(..whole).and_then(|word| LOOSE.decode(word).ok());
            decoded.map(Zeroizing::new).is_some_and(|document| {
                let plain = Zeroizing::new(crate::refusal::unescaped(&document));
                memchr::memmem::find(&plain, secret.as_bytes()).is_some()
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_text_is_refused() {
        for bad in [
            "=AAA", "AAA=BBB", "AAA", "AA=A", "A===", "AQ== ", "AQ=", "A Q==", "AQ==AQ==", "AR==",
            "-_8=", "=", "AQ\r\n==", "A",
        ] {
            assert_eq!(decode(bad.as_bytes(), false), None, "{bad}");
        }
        assert_eq!(decode(b"", false).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn secrets_sent_back_as_base64_are_cut_out() {
        let secret = "s3cret-token-value";
        for before in ["", "x", "xy", "xyz"] {
            let mut text = b"bad: ".to_vec();
            text.extend(
                STRICT
                    .encode(alloc::format!("{before}{secret}zz"))
                    .into_bytes(),
            );
            assert_eq!(
                scrub(text, secret),
                b"<left out: it repeats what is secret>"
            );
        }
        assert_eq!(scrub(b"no secret here".to_vec(), secret), b"no secret here");
    }
}
