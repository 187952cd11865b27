//! What is worth knowing about an offer, in plain words.

use sasl_core::Mechanism;

use super::Offer;
use crate::cli::{Protocol, TlsMode};

/// Whether the first message may go out with the command.
pub(crate) fn allows_initial_response(offer: &Offer) -> bool {
    match offer.protocol {
        Protocol::Imap => {
            let has = |name| offer.capabilities.has(name);
            has("SASL-IR") || (has("IMAP4rev2") && !has("IMAP4rev1"))
        }
        Protocol::Smtp | Protocol::Sieve => true,
    }
}

pub(crate) fn initial_response(offer: &Offer) -> &'static str {
    match offer.protocol {
        Protocol::Smtp => "goes with the command up to 512 octets, else apart",
        Protocol::Imap | Protocol::Sieve if allows_initial_response(offer) => {
            "goes with the command"
        }
        Protocol::Imap | Protocol::Sieve => {
            "must wait to be asked for (no SASL-IR): one more round trip"
        }
    }
}

/// What is known about the length of a login message. Servers do not announce it.
pub(crate) fn line_limit(offer: &Offer) -> String {
    let dovecot = offer
        .capabilities
        .iter()
        .any(|entry| entry.to_string().contains("Pigeonhole"));
    match offer.protocol {
        Protocol::Smtp => "512 octets for AUTH (RFC 4954), 12288 for what follows".into(),
        Protocol::Sieve if dovecot => "8192 octets of base64 (Pigeonhole)".into(),
        Protocol::Sieve | Protocol::Imap => "none announced; 8192 octets are safe".into(),
    }
}

/// Everything odd, weak or slow.
pub(crate) fn findings(offer: &Offer) -> Vec<String> {
    let mut out = Vec::new();
    let mechanisms = offer.capabilities.mechanisms();
    let token = [Mechanism::OAuthBearer, Mechanism::XOAuth2];
    if !token
        .iter()
        .any(|mechanism| mechanisms.contains(*mechanism))
    {
        out.push("offers no mechanism for OAuth tokens".into());
    }
    if let Some(before) = &offer.in_clear {
        for mechanism in Mechanism::ALL {
            if names(before, offer.protocol, mechanism) {
                out.push(format!("offers {mechanism} before TLS"));
            }
        }
        if offer.protocol == Protocol::Imap && !has(before, "LOGINDISABLED") {
            out.push("allows the LOGIN command before TLS".into());
        }
    }
    if offer.tls != TlsMode::None && offer.capabilities.has("STARTTLS") {
        out.push("offers STARTTLS inside TLS".into());
    }
    if offer.protocol == Protocol::Imap && !offer.told_at_once && offer.tls == TlsMode::Implicit {
        out.push(
            "greets without capabilities: one more round trip, unless they are assumed".into(),
        );
    }
    if offer.protocol == Protocol::Imap && !allows_initial_response(offer) {
        out.push("has no SASL-IR: one more round trip".into());
    }
    out
}

fn has(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| entry.eq_ignore_ascii_case(name))
}

/// Whether a list from before TLS offers a mechanism.
fn names(list: &[String], protocol: Protocol, mechanism: Mechanism) -> bool {
    list.iter().any(|entry| {
        let upper = entry.to_ascii_uppercase();
        match protocol {
            Protocol::Imap => upper.strip_prefix("AUTH=") == Some(mechanism.name()),
            Protocol::Smtp => words_behind(&upper, "AUTH", mechanism),
            Protocol::Sieve => words_behind(&upper, "SASL", mechanism),
        }
    })
}

fn words_behind(entry: &str, name: &str, mechanism: Mechanism) -> bool {
    let mut words = entry.split([' ', '=']);
    words.next() == Some(name) && words.any(|word| word == mechanism.name())
}
