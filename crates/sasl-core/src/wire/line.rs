//! The receive buffer: bounded, linear however the bytes arrive.

use alloc::vec::Vec;
use core::{fmt, ops::Range};

use zeroize::Zeroize;

use super::announced_literal;
use crate::{Limit, Limits, Violation};

/// Collects bytes and hands out lines, with their literals where the protocol has them.
///
/// It remembers how far it has searched, so a byte at a time costs what one piece costs. A literal's
/// announced length is checked before its octets are waited for, and nothing is ever allocated by it.
///
/// ```
/// use sasl_core::{Limits, wire::LineBuf};
///
/// let mut buffer = LineBuf::new(&Limits::default());
/// buffer.push(b"* OK rea");
/// assert_eq!(buffer.next_line(&Limits::default(), true, |_| false).unwrap(), None);
/// buffer.push(b"dy\r\nmore");
/// let line = buffer.next_line(&Limits::default(), true, |_| false).unwrap().unwrap();
/// assert_eq!(&buffer.bytes()[line.range], b"* OK ready");
/// assert_eq!(buffer.unread(), b"more");
/// ```
pub struct LineBuf {
    bytes: Vec<u8>,
    /// What lies before was handed out.
    start: usize,
    /// No line end of the line at `start` lies before this; may lie beyond `bytes` in a literal.
    searched: usize,
    /// Where the part of the line behind its last literal begins.
    segment: usize,
    /// Octets and number of the literals of the line at `start`.
    literal_octets: usize,
    literals: usize,
    /// What lies before had arrived when the last command was written.
    mark: usize,
    /// More was pushed than is kept.
    overflown: bool,
    /// The lines come from a client: they hold secrets, and `{n+}` is theirs to write.
    from_client: bool,
    /// Literals announced by `{n}`, for which a client waits to be invited.
    invitations: usize,
}

/// A line in the buffer, without its line end.
///
/// ```
/// let line = sasl_core::wire::Line { range: 0..4, early: false };
/// assert!(!line.early);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where in [`LineBuf::bytes`] it stands, until the next push.
    pub range: Range<usize>,
    /// It had begun to arrive before the last command was written, so it cannot be the answer.
    pub early: bool,
}

/// Why there is no line.
pub(crate) enum LineError {
    Limit(Limit),
    Violation(Violation),
}

impl LineBuf {
    /// An empty buffer that has reserved what the limits say.
    pub fn new(limits: &Limits) -> Self {
        Self {
            bytes: Vec::with_capacity(limits.reserve),
            start: 0,
            searched: 0,
            segment: 0,
            literal_octets: 0,
            literals: 0,
            mark: 0,
            overflown: false,
            from_client: false,
            invitations: 0,
        }
    }

    /// The same for what a client says: no memory that held it is given back or left behind unwiped.
    ///
    /// ```
    /// use sasl_core::{Limits, wire::LineBuf};
    ///
    /// let mut buffer = LineBuf::from_client(&Limits::default());
    /// buffer.push(b"A1 LOGIN {5}\r\n");
    /// assert_eq!(buffer.next_line(&Limits::default(), false, |_| true).unwrap(), None);
    /// // The client waits until it is told to go on.
    /// assert_eq!(buffer.take_invitations(), 1);
    /// ```
    pub fn from_client(limits: &Limits) -> Self {
        let mut buffer = Self::new(limits);
        buffer.from_client = true;
        buffer
    }

    /// Adds bytes; those handed out already are dropped. Beyond [`Limits::unasked`] it keeps nothing
    /// and [`next_line`](Self::next_line) fails.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            let dropped = self.start.min(self.bytes.len());
            if self.from_client {
                drain_and_wipe(&mut self.bytes, dropped);
            } else {
                self.bytes.drain(..dropped);
            }
            self.start -= dropped;
            self.searched = self.searched.saturating_sub(dropped);
            self.segment = self.segment.saturating_sub(dropped);
            self.mark = self.mark.saturating_sub(dropped);
        }
        if self.from_client {
            reserve_and_wipe(&mut self.bytes, bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// How many literals were announced since the last call that a client does not send unless it is
    /// told to go on (`{n}`, not `{n+}`).
    pub fn take_invitations(&mut self) -> usize {
        core::mem::take(&mut self.invitations)
    }

    /// Overwrites what was handed out, which held a secret.
    pub fn wipe_handed_out(&mut self) {
        if let Some(done) = self.bytes.get_mut(..self.start) {
            done.zeroize();
        }
    }

    /// The same, but keeps no more than `limit` octets.
    pub(crate) fn push_bounded(&mut self, bytes: &[u8], limit: usize) {
        if self.overflown || self.unread().len().saturating_add(bytes.len()) > limit {
            self.overflown = true;
            return;
        }
        self.push(bytes);
    }

    /// All bytes that are kept, for the ranges of lines.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes that were not handed out.
    pub fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// A command was written: what is here now cannot be its answer.
    pub fn mark(&mut self) {
        self.mark = self.bytes.len();
    }

    /// Lends the bytes out, so that they can be read while the machine around changes.
    pub(crate) fn lend(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.bytes)
    }

    pub(crate) fn restore(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// The next line, if it has arrived with all its literals. `bare_lf`: a line may end without CR.
    /// `literal` decides from the line so far whether braces at its end announce a literal.
    ///
    /// # Errors
    ///
    /// When a limit is exceeded, or the line has NUL, a bare CR, a refused bare LF or a malformed
    /// literal.
    pub fn next_line(
        &mut self,
        limits: &Limits,
        bare_lf: bool,
        literal: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Line>, crate::Error> {
        self.next(limits, bare_lf, literal)
            .map_err(|error| error.during(crate::Stage::Greeting))
    }

    pub(crate) fn next(
        &mut self,
        limits: &Limits,
        bare_lf: bool,
        literal: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Line>, LineError> {
        if self.overflown {
            return Err(LineError::Limit(Limit::Unasked));
        }
        loop {
            let Some(found) = self
                .bytes
                .get(self.searched..)
                .and_then(|new| memchr::memchr(b'\n', new))
            else {
                self.searched = self.searched.max(self.bytes.len());
                let octets = self
                    .bytes
                    .len()
                    .saturating_sub(self.start)
                    .saturating_sub(self.literal_octets);
                if octets > limits.line {
                    return Err(LineError::Limit(Limit::Line));
                }
                return Ok(None);
            };
            let at = self.searched + found;
            if (at - self.start).saturating_sub(self.literal_octets) > limits.line {
                return Err(LineError::Limit(Limit::Line));
            }
            let end = self.check_segment(at, bare_lf)?;
            let whole = self.bytes.get(self.start..end).unwrap_or_default();
            let segment = self.bytes.get(self.segment..end).unwrap_or_default();
            match announced_literal(segment).filter(|_| literal(whole)) {
                Some(announced) => self.await_literal(at + 1, announced, limits, bare_lf)?,
                None => {
                    let line = Line {
                        range: self.start..end,
                        early: self.start < self.mark,
                    };
                    self.start = at + 1;
                    self.searched = self.start;
                    self.segment = self.start;
                    self.literal_octets = 0;
                    self.literals = 0;
                    return Ok(Some(line));
                }
            }
        }
    }

    /// Where the part of the line that ends with the LF at `at` ends.
    fn check_segment(&self, at: usize, bare_lf: bool) -> Result<usize, LineError> {
        let part = self.bytes.get(self.segment..at).unwrap_or_default();
        let (text, has_cr) = match part {
            [text @ .., b'\r'] => (text, true),
            text => (text, false),
        };
        match memchr::memchr2(b'\r', 0, text).and_then(|at| text.get(at)) {
            Some(0) => return Err(LineError::Violation(Violation::Nul)),
            Some(_) => return Err(LineError::Violation(Violation::BadLineEnd)),
            None => {}
        }
        if !has_cr && !bare_lf {
            return Err(LineError::Violation(Violation::BadLineEnd));
        }
        Ok(self.segment + text.len())
    }

    fn await_literal(
        &mut self,
        from: usize,
        announced: Result<(u32, bool), ()>,
        limits: &Limits,
        robust: bool,
    ) -> Result<(), LineError> {
        let bad = LineError::Violation(Violation::BadLiteral);
        // A server has no need for the `+`: nobody waits for its literals. Some send it all the same.
        let (octets, plus) = announced.map_err(|()| LineError::Violation(Violation::BadLiteral))?;
        if plus && !robust && !self.from_client {
            return Err(bad);
        }
        self.literals += 1;
        self.literal_octets = self.literal_octets.saturating_add(octets as usize);
        if self.literals > limits.literals || self.literal_octets > limits.literal {
            return Err(LineError::Limit(Limit::Literal));
        }
        self.invitations += usize::from(!plus);
        self.searched = from + octets as usize;
        self.segment = self.searched;
        Ok(())
    }
}

/// Removes octets from the front and leaves no copy of what was moved.
fn drain_and_wipe(bytes: &mut Vec<u8>, octets: usize) {
    let kept = bytes.len() - octets;
    bytes.copy_within(octets.., 0);
    if let Some(stale) = bytes.get_mut(kept..) {
        stale.zeroize();
    }
    bytes.truncate(kept);
}

/// Makes room for more octets and leaves no copy in memory that was too small.
fn reserve_and_wipe(bytes: &mut Vec<u8>, octets: usize) {
    let needed = bytes.len().saturating_add(octets);
    if needed > bytes.capacity() {
        let mut larger = Vec::with_capacity(needed.max(bytes.capacity().saturating_mul(2)));
        larger.extend_from_slice(bytes);
        bytes.zeroize();
        *bytes = larger;
    }
}

impl Drop for LineBuf {
    fn drop(&mut self) {
        if self.from_client {
            self.bytes.zeroize();
        }
    }
}

impl fmt::Debug for LineBuf {
    /// Without the octets: a server may have sent our secret back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineBuf")
            .field("octets", &self.bytes.len())
            .field("start", &self.start)
            .field("searched", &self.searched)
            .field("mark", &self.mark)
            .field("overflown", &self.overflown)
            .finish_non_exhaustive()
    }
}

impl LineError {
    pub(crate) fn during(self, during: crate::Stage) -> crate::Error {
        match self {
            Self::Limit(limit) => crate::Error::LimitExceeded { limit, during },
            Self::Violation(violation) => crate::Error::Protocol { violation, during },
        }
    }
}

#[cfg(test)]
mod tests;
