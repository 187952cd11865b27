//! What an authorization server says about a token.
