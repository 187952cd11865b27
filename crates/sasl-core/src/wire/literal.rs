//! Literals: strings that announce their length (IMAP, ManageSieve).

/// A literal that the end of a line announces.
///
/// ```
/// use sasl_core::wire::announced_literal;
/// assert_eq!(announced_literal(b"* ID (\"name\" {6}"), Some(Ok((6, false))));
/// assert_eq!(announced_literal(b"\"SASL\" {6+}"), Some(Ok((6, true))));
/// assert_eq!(announced_literal(b"no literal"), None);
/// // More than 32 bits, or a leading zero.
/// assert_eq!(announced_literal(b"{4294967296}"), Some(Err(())));
/// assert_eq!(announced_literal(b"{05}"), Some(Err(())));
/// ```
///
/// `Some(Ok((octets, plus)))` for a well-formed one, `Some(Err(()))` for digits in braces that are
/// no legal length, `None` for a line that ends otherwise.
#[allow(
    clippy::result_unit_err,
    reason = "the caller knows the only thing that can be wrong"
)]
pub fn announced_literal(line: &[u8]) -> Option<Result<(u32, bool), ()>> {
    let inner = line.strip_suffix(b"}")?;
    // Eleven characters hold every legal length; a search beyond them would be for nothing.
    let from = inner.len().saturating_sub(24);
    let open = from + memchr::memrchr(b'{', inner.get(from..)?)?;
    let inner = inner.get(open + 1..)?;
    let (digits, plus) = match inner.strip_suffix(b"+") {
        Some(digits) => (digits, true),
        None => (inner, false),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if digits.len() > 1 && digits.first() == Some(&b'0') {
        return Some(Err(()));
    }
    let octets = digits.iter().try_fold(0_u32, |sum, digit| {
        sum.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
    });
    Some(octets.map(|octets| (octets, plus)).ok_or(()))
}
