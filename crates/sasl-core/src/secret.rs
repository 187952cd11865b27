//! A value that must not be seen and must not stay.

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::Zeroize;

/// A token or password: not in `Debug`, wiped when dropped, compared in constant time.
///
/// ```
/// use sasl_core::Secret;
///
/// let secret = Secret::from("hunter2");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value itself. Whoever calls this must not let it get into logs, errors or files.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    /// Takes a time that depends on the lengths alone.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
        a.len() == b.len() && core::hint::black_box(difference) == 0
    }
}

impl Eq for Secret {}

/// Replaces every occurrence of `secret` in `text`, so that a server cannot make us show it by
/// sending it back.
pub(crate) fn scrub(text: &[u8], secret: &str) -> Vec<u8> {
    const MARK: &[u8] = b"<left out>";
    let needle = secret.as_bytes();
    if needle.is_empty() {
        return text.to_vec();
    }
    let mut clean = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, needle) {
        let (before, behind) = rest.split_at(at);
        clean.extend_from_slice(before);
        clean.extend_from_slice(MARK);
        rest = behind.get(needle.len()..).unwrap_or_default();
    }
    clean.extend_from_slice(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_looks_at_all() {
        assert_eq!(Secret::from("abc"), Secret::from("abc"));
        assert_ne!(Secret::from("abc"), Secret::from("abd"));
        assert_ne!(Secret::from("abc"), Secret::from("ab"));
    }

    #[test]
    fn a_reflected_secret_is_cut_out() {
        assert_eq!(
            scrub(b"bad token s3cret, s3cret!", "s3cret"),
            b"bad token <left out>, <left out>!"
        );
        assert_eq!(scrub(b"nothing", "s3cret"), b"nothing");
    }
}
