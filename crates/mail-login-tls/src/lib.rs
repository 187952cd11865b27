//! What both mail-login drivers share: server addresses, TLS settings, failures
