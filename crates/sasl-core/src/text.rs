//! Text from a stranger, made harmless.

use core::fmt;

/// Text as a server sent it: untrusted, of any encoding.
///
/// `Display` and `Debug` show at most 1 KiB, with control characters (C0, C1, DEL), line separators
/// and bidirectional overrides escaped, and octets that are not UTF-8 replaced by U+FFFD. So it can
/// neither drive a terminal nor forge a log line.
///
/// ```
/// use sasl_core::Text;
///
/// let text = Text::new(b"try again\x1b[2J\xff");
/// assert_eq!(text.to_string(), "try again\\u{1b}[2J\u{fffd}");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a>(&'a [u8]);

/// More than this many octets of one text are never shown.
const SHOWN: usize = 1024;

impl<'a> Text<'a> {
    /// Wraps octets from a server.
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The octets themselves: not for terminals or logs.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;

        let shown = self.0.get(..SHOWN).unwrap_or(self.0);
        for chunk in shown.utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_harmful(c) {
                    write!(f, "{}", c.escape_unicode())?
                } else {
                    f.write_char(c)?
                }
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        if shown.len() < self.0.len() {
            write!(f, "… ({} octets more)", self.0.len() - shown.len())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Characters that move the cursor, end a line or turn the direction of writing.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec};

    use super::*;

    #[test]
    fn controls_and_overrides_are_escaped() {
        let text = "a\r\nb\u{7f}\u{85}\u{202e}c\u{2066}".as_bytes();
        assert_eq!(
            Text::new(text).to_string(),
            "a\\u{d}\\u{a}b\\u{7f}\\u{85}\\u{202e}c\\u{2066}"
        );
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let long = vec![b'x'; 2000];
        let shown = Text::new(&long).to_string();
        assert!(shown.ends_with("… (976 octets more)"), "{shown}");
        assert_eq!(shown.matches('x').count(), 1024);
    }
}
