//! What is kept, with the number by which it is compared.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

/// Octets as they are kept. Nobody sees them in a log.
///
/// ```
/// use mail_login_tokens::Stored;
///
/// let stored = Stored { revision: 7, octets: b"secret".to_vec().into() };
/// assert_eq!(format!("{stored:?}"), "Stored { revision: 7, length: 6, .. }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// What is compared when they are replaced.
    pub revision: u64,
    /// What they are.
    pub octets: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("revision", &self.revision)
            .field("length", &self.octets.len())
            .finish_non_exhaustive()
    }
}
