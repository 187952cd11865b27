//! The device authorization grant.
