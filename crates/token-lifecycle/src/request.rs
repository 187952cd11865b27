//! Requests to an authorization server.
