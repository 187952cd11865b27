//! Replies (<https://www.rfc-editor.org/rfc/rfc5321#section-4.2>).

use sasl_core::Violation;

use super::Enhanced;

/// One line of a reply.
///
/// ```
/// let line = smtp_auth::parse::reply_line(b"535-5.7.8 no", false)?;
/// assert_eq!((line.code, line.last, line.human()), (535, false, &b"no"[..]));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyLine<'a> {
    /// The code, 200 to 599.
    pub code: u16,
    /// No more lines of this reply follow.
    pub last: bool,
    /// What stands behind the code.
    pub text: &'a [u8],
}

impl<'a> ReplyLine<'a> {
    /// The enhanced code. One of another class than the reply is none.
    pub fn enhanced(&self) -> Option<Enhanced> {
        self.split().map(|(enhanced, _)| enhanced)
    }

    /// The text for people.
    pub fn human(&self) -> &'a [u8] {
        self.split().map_or(self.text, |(_, text)| text)
    }

    fn split(&self) -> Option<(Enhanced, &'a [u8])> {
        Enhanced::parse(self.text).filter(|(code, _)| u16::from(code.class) == self.code / 100)
    }
}

/// Reads one line without its line end.
///
/// # Errors
///
/// When it does not begin with a code of three digits, the first of them 2 to 5; in strict mode also
/// when the second one is not 0 to 5.
pub fn reply_line(line: &[u8], strict: bool) -> Result<ReplyLine<'_>, Violation> {
    let (code, last, text) = match line {
        [a, b, c, b' ', text @ ..] => ([a, b, c], true, text),
        [a, b, c, b'-', text @ ..] => ([a, b, c], false, text),
        [a, b, c] => ([a, b, c], true, &b""[..]),
        _ => return Err(Violation::BadReplyCode),
    };
    let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] = code.map(|digit| *digit) else {
        return Err(Violation::BadReplyCode);
    };
    if strict && b > b'5' {
        return Err(Violation::BadReplyCode);
    }
    let [a, b, c] = [a, b, c].map(|digit| u16::from(digit - b'0'));
    Ok(ReplyLine {
        code: a * 100 + b * 10 + c,
        last,
        text,
    })
}

#[cfg(test)]
mod tests;
