//! The URL at which a user signs in.
