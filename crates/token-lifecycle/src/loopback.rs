//! The one request that a browser makes to a redirect URI of this machine.

mod page;

pub use page::Page;

use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::{Authorization, Callback, CallbackError};

/// Reads what a browser sends to the port of a loopback redirect URI; a [`Page`] answers it
/// (<https://www.rfc-editor.org/rfc/rfc8252#section-7.3>). One for each connection; listening is the
/// caller's, on `127.0.0.1` alone, and only as long as the question is open.
///
/// ```
/// # use token_lifecycle::{Authorization, Client, Redirect, State, Url, Verifier};
/// use token_lifecycle::{Callback, Loopback, Page};
///
/// # let mut authorization = Authorization::new(&Url::new("https://id.example.com/authorize")?,
/// #     &Client::public("app")?, Redirect::loopback(51004, "/cb")?,
/// #     State::from_entropy(&[7; 32]), Verifier::from_entropy(&[9; 32]));
/// # let state = State::from_entropy(&[7; 32]).secret().expose().to_owned();
/// # let request = format!("GET /cb?code=SplxlOBeZQQYbYS6WxSbIA&state={state} HTTP/1.1\r\nHost: 127.0.0.1:51004\r\n\r\n");
/// # let mut pieces = request.as_bytes().chunks(7);
/// let mut browser = Loopback::new();
/// let answer = loop {
///     // What was read from the connection; nothing at its end.
///     browser.handle_input(pieces.next().unwrap_or_default());
///     if let Some(answer) = browser.receive(&mut authorization) {
///         break answer;
///     }
/// };
/// // Write this to the connection and close it. After an error go on listening.
/// let page = Page::of(&answer).response("alice@example.com");
/// assert!(page.starts_with(b"HTTP/1.1 200 OK\r\n"));
/// assert!(matches!(answer, Ok(Callback::Code(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Loopback {
    line: Zeroizing<Vec<u8>>,
    /// The line is there, or will never be.
    complete: bool,
}

/// The longest request line, method and version included.
const LENGTH: usize = (16 << 10) + 64;

impl Loopback {
    /// A connection on which nothing has been read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was read; an empty slice is the end of the stream. What is behind the first line
    /// does not count, and is not kept.
    pub fn handle_input(&mut self, input: &[u8]) {
        if self.complete {
            return;
        }
        let end = input.iter().position(|octet| *octet == b'\n');
        let line = end.and_then(|end| input.get(..end)).unwrap_or(input);
        // One octet more than allowed shows that it is too long.
        let room = (LENGTH + 1).saturating_sub(self.line.len());
        let kept = line.get(..room).unwrap_or(line);
        push(&mut self.line, kept);
        self.complete = input.is_empty() || end.is_some() || self.line.len() > LENGTH;
    }

    /// The answer, as soon as the request line is there; see
    /// [`Authorization::receive`]. `None` until then.
    ///
    /// # Errors
    ///
    /// When this is no answer to the question, or no request.
    pub fn receive(
        &self,
        authorization: &mut Authorization,
    ) -> Option<Result<Callback, CallbackError>> {
        if !self.complete {
            return None;
        }
        let target = match self.target() {
            Ok(target) => target,
            Err(error) => return Some(Err(error)),
        };
        Some(authorization.receive(target))
    }

    /// The target of `GET target HTTP/1.1` (<https://www.rfc-editor.org/rfc/rfc9112#section-3>).
    fn target(&self) -> Result<&[u8], CallbackError> {
        if self.line.len() > LENGTH {
            return Err(CallbackError::Length);
        }
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let mut words = line.split(|octet| *octet == b' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(b"GET"), Some(target), Some(b"HTTP/1.1" | b"HTTP/1.0"), None) => Ok(target),
            _ => Err(CallbackError::Form),
        }
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loopback({} octets)", self.line.len())
    }
}

/// Adds octets; where the buffer has to grow, the old memory is wiped.
fn push(target: &mut Vec<u8>, octets: &[u8]) {
    let needed = target.len() + octets.len();
    if needed > target.capacity() {
        let mut larger = Vec::with_capacity(needed.next_power_of_two().max(1024));
        larger.extend_from_slice(target);
        core::mem::replace(target, larger).zeroize();
    }
    target.extend_from_slice(octets);
}

#[cfg(test)]
mod tests;
