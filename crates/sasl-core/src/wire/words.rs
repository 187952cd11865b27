//! Words of a server that are passed on as data.

/// The URL of another server: of this scheme (`imap://`), printable, with a host, at most 1 KiB.
/// Nothing else is known about it, and nothing ever connects there by itself.
///
/// ```
/// use sasl_core::wire::server_url;
/// assert_eq!(server_url(b"SIEVE://b.example/", "sieve://"), Some("SIEVE://b.example/"));
/// assert_eq!(server_url(b"sieve:///nowhere", "sieve://"), None);
/// assert_eq!(server_url(b"http://b.example/", "sieve://"), None);
/// ```
pub fn server_url<'a>(octets: &'a [u8], scheme: &str) -> Option<&'a str> {
    let url = core::str::from_utf8(octets).ok()?;
    let (start, rest) = url.split_at_checked(scheme.len())?;
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let printable = url.bytes().all(|octet| matches!(octet, 0x21..=0x7e));
    let fits = start.eq_ignore_ascii_case(scheme) && printable && !host.is_empty();
    (fits && url.len() <= 1024).then_some(url)
}

/// The name of a response code, if it is one that may be shown; else nothing.
///
/// ```
/// use sasl_core::wire::code_name;
/// assert_eq!(code_name(b"TRYLATER"), "TRYLATER");
/// assert_eq!(code_name(b"\x1b[2J"), "");
/// ```
pub fn code_name(octets: &[u8]) -> &str {
    let fits = octets.len() <= 64 && octets.iter().all(u8::is_ascii_graphic);
    core::str::from_utf8(octets)
        .ok()
        .filter(|_| fits)
        .unwrap_or_default()
}

/// Whether a text of an embedder's may be shown to clients: 1 to 255 printable ASCII characters.
///
/// ```
/// use sasl_core::wire::is_text;
/// assert!(is_text("mail.example.com ready"));
/// assert!(!is_text("ready\r\n") && !is_text(""));
/// ```
pub fn is_text(text: &str) -> bool {
    matches!(text.len(), 1..=255) && text.bytes().all(|octet| matches!(octet, 0x20..=0x7e))
}

/// Whether octets are this word, without regard to case. For words known in advance: the length is
/// one comparison, and the rest has no loop, which is worth it in lists of many words.
///
/// ```
/// use sasl_core::wire::is_word;
/// assert!(is_word(b"sasl-ir", b"SASL-IR"));
/// assert!(!is_word(b"SASL\rIR", b"SASL-IR"));
/// ```
#[inline(always)]
pub fn is_word<const N: usize>(octets: &[u8], word: &[u8; N]) -> bool {
    let Ok(octets) = <&[u8; N]>::try_from(octets) else {
        return false;
    };
    let mut differ = 0;
    for (octet, word) in octets.iter().zip(word) {
        differ |= octet.to_ascii_lowercase() ^ word.to_ascii_lowercase();
    }
    differ == 0
}
