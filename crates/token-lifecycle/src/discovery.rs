//! What an authorization server says about itself.
