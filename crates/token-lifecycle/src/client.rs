//! Who we are to an authorization server.
