//! Tags of commands.

use sasl_core::wire::SendBuf;

use crate::options::Prefix;

/// The tag of the command in flight: the connection's prefix and a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    prefix: Prefix,
    number: u16,
}

impl Tag {
    /// No command yet.
    pub(crate) fn new(prefix: Prefix) -> Self {
        Self { prefix, number: 0 }
    }

    /// The tag of the next command.
    pub(crate) fn advance(&mut self) -> &Self {
        self.number = self.number.checked_add(1).unwrap_or(1);
        self
    }

    pub(crate) fn push_to<'a>(&self, send: &'a mut SendBuf) -> &'a mut SendBuf {
        send.push(self.prefix.as_bytes())
            .push_number(usize::from(self.number))
    }

    /// Compares octet for octet.
    pub(crate) fn is(&self, tag: &[u8]) -> bool {
        let Some(digits) = tag.strip_prefix(self.prefix.as_bytes()) else {
            return false;
        };
        let number = digits.iter().try_fold(0_u16, |sum, digit| match digit {
            b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u16::from(digit - b'0')),
            _ => None,
        });
        number == Some(self.number) && !digits.is_empty() && digits.first() != Some(&b'0')
    }
}

#[cfg(test)]
mod tests;
