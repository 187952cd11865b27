//! Replies of several lines, put together line by line.

use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

use sasl_core::{Error, Limit, Limits, Stage, Violation};

use crate::parse::{Enhanced, ReplyLine};

/// A reply as far as it has come. The words of a refusal are kept, with a space between lines; those
/// of any other reply are dealt with line by line.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) enhanced: Option<Enhanced>,
    pub(crate) text: Vec<u8>,
    lines: usize,
    octets: usize,
}

impl Reply {
    /// Adds a line of so many octets.
    pub(crate) fn add(
        &mut self,
        line: &ReplyLine<'_>,
        octets: usize,
        limits: &Limits,
        during: Stage,
    ) -> Result<(), Error> {
        if self.lines > 0 && line.code != self.code {
            return Err(Error::Protocol {
                violation: Violation::MixedReplyCodes,
                during,
            });
        }
        self.code = line.code;
        self.lines += 1;
        self.octets += octets;
        if self.lines > limits.reply_lines || self.octets > limits.reply {
            return Err(Error::LimitExceeded {
                limit: Limit::Reply,
                during,
            });
        }
        if self.is_refusal() {
            self.enhanced = self.enhanced.or_else(|| line.enhanced());
            if !self.text.is_empty() {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(line.human());
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Whether only one line has come.
    pub(crate) fn is_first_line(&self) -> bool {
        self.lines == 1
    }

    pub(crate) fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// The server closes the connection, whatever it was asked
    /// (<https://www.rfc-editor.org/rfc/rfc5321#section-3.8>).
    pub(crate) fn is_farewell(&self) -> bool {
        self.code == CLOSING
    }

    /// Reply code and enhanced code.
    pub(crate) fn codes(&self) -> String {
        let mut codes = String::new();
        // Writing to a string cannot fail.
        let _ = match self.enhanced {
            Some(enhanced) => write!(codes, "{} {enhanced}", self.code),
            None => write!(codes, "{}", self.code),
        };
        codes
    }
}

/// "Service not available, closing transmission channel": may come at any time.
pub(crate) const CLOSING: u16 = 421;
