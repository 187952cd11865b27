//! What must hold of credentials, messages and exchanges, whatever they are made of.
//!
//! An input is one octet of choices, and then user, token and challenges with 0xFF between them.

use sasl_core::{
    Answer, Credentials, Endpoint, Exchange, Limits, Mechanism, Refusal, Response, Settings, Text,
    base64::{decode, encoded_len},
};

use crate::secrecy::base64;

/// Credentials, messages, base64, refusals and exchanges.
pub fn mechanisms(input: &[u8]) {
    let Some((choices, rest)) = input.split_first() else {
        return;
    };
    let mut fields = rest.split(|octet| *octet == 0xff);
    let user = fields.next().unwrap_or_default();
    let token = fields.next().unwrap_or_default();
    let challenges: Vec<_> = fields.collect();
    if let (Ok(user), Ok(token)) = (str::from_utf8(user), str::from_utf8(token)) {
        bearer(user, token);
        password(user, token);
        certificate(user);
    }
    for text in challenges.iter().chain([&rest]) {
        both_decoders(text);
        refusal(text);
        if let Some(document) = decode(text, false) {
            refusal(&document);
        }
        assert!(!Text::new(text).to_string().contains(char::is_control));
    }
    let mechanism = Mechanism::ALL[usize::from(choices & 7) % 5];
    let initial_response = choices & 8 != 0 && mechanism.is_client_first();
    exchange(
        mechanism,
        initial_response,
        choices & 16 != 0,
        choices >> 5,
        &challenges,
    );
}

fn is_user(user: &str) -> bool {
    matches!(user.len(), 1..=255) && !user.bytes().any(|octet| octet < 0x20 || octet == 0x7f)
}

fn bearer(user: &str, token: &str) {
    let is_token = matches!(token.len(), 1..=65536)
        && token.bytes().all(|octet| (0x21..0x7f).contains(&octet));
    let credentials = Credentials::bearer(user, token);
    assert_eq!(
        credentials.is_ok(),
        is_user(user) && is_token,
        "{user:?} {token:?}"
    );
    assert_eq!(
        Credentials::bearer_alone(token).is_ok(),
        is_token,
        "{token:?}"
    );
    let Ok(credentials) = credentials else {
        return;
    };
    assert!(message(&credentials, Mechanism::Plain, None).is_none());
    assert!(message(&credentials, Mechanism::Login, None).is_none());
    let plain = message(&credentials, Mechanism::XOAuth2, None).unwrap();
    assert_eq!(
        plain,
        format!("user={user}\x01auth=Bearer {token}\x01\x01").as_bytes()
    );

    let endpoint = Endpoint::new("mail.example.com", 993).unwrap();
    for endpoint in [None, Some(&endpoint)] {
        let message = message(&credentials, Mechanism::OAuthBearer, endpoint).unwrap();
        let message = String::from_utf8(message).unwrap();
        // Read as a server reads it: a header and fields, and nothing else.
        let fields: Vec<_> = message.split('\x01').collect();
        let (header, fields) = fields.split_first().unwrap();
        let name = header
            .strip_prefix("n,a=")
            .unwrap()
            .strip_suffix(',')
            .unwrap();
        assert!(!name.contains(','));
        assert_eq!(name.replace("=2C", ",").replace("=3D", "="), user);
        let bearer = format!("auth=Bearer {token}");
        let expected = match endpoint {
            Some(_) => vec!["host=mail.example.com", "port=993", &bearer, "", ""],
            None => vec![bearer.as_str(), "", ""],
        };
        assert_eq!(fields, expected);
    }

    // What a server says with the token in it comes back without.
    if token.len() >= 16 {
        for text in [
            token.to_owned(),
            format!("no {token}!"),
            base64(token.as_bytes()),
        ] {
            let scrubbed = credentials.scrub(text.as_bytes());
            assert_eq!(
                crate::secrecy::leak(&scrubbed, token),
                None,
                "{}",
                scrubbed.escape_ascii()
            );
        }
    }
}

fn password(user: &str, password: &str) {
    let is_password = matches!(password.len(), 1..=1024) && !password.contains(['\0', '\r', '\n']);
    let credentials = Credentials::password(user, password);
    assert_eq!(credentials.is_ok(), is_user(user) && is_password);
    if let Ok(credentials) = credentials {
        let plain = message(&credentials, Mechanism::Plain, None).unwrap();
        assert_eq!(plain, format!("\0{user}\0{password}").as_bytes());
        assert_eq!(
            message(&credentials, Mechanism::Login, None).unwrap(),
            user.as_bytes()
        );
        assert!(message(&credentials, Mechanism::XOAuth2, None).is_none());
        assert!(message(&credentials, Mechanism::OAuthBearer, None).is_none());
        let second = Response::password(&credentials).unwrap();
        assert_eq!(
            independent(&second.to_vec(), false).unwrap(),
            password.as_bytes()
        );
    }
}

fn certificate(user: &str) {
    let credentials = Credentials::external(Some(user));
    assert_eq!(credentials.is_ok(), is_user(user));
    if let Ok(credentials) = credentials {
        assert_eq!(
            message(&credentials, Mechanism::External, None).unwrap(),
            user.as_bytes()
        );
    }
}

/// The message behind its base64, whichever way that is written.
fn message(
    credentials: &Credentials,
    mechanism: Mechanism,
    endpoint: Option<&Endpoint>,
) -> Option<Vec<u8>> {
    let response = Response::new(credentials, mechanism, endpoint)?;
    let encoded = response.to_vec();
    assert_eq!(encoded.len(), response.encoded_len());
    let mut appended = b"before".to_vec();
    response.append_to(&mut appended);
    assert_eq!(appended.strip_prefix(b"before"), Some(&encoded[..]));
    let mut short = vec![0; encoded.len().saturating_sub(1)];
    assert_eq!(
        response.write_into(&mut short).is_none(),
        !encoded.is_empty()
    );
    let message = independent(&encoded, false).expect("base64");
    assert_eq!(message.len(), response.message_len());
    Some(message)
}

fn both_decoders(text: &[u8]) {
    for trailing_bits in [false, true] {
        let ours = decode(text, trailing_bits);
        assert_eq!(
            ours,
            independent(text, trailing_bits),
            "{} {trailing_bits}",
            text.escape_ascii()
        );
        if let Some(octets) = ours.filter(|_| !trailing_bits) {
            assert_eq!(base64(&octets).as_bytes(), text);
            assert_eq!(encoded_len(octets.len()), text.len());
        }
    }
}

/// Strict base64, octet by octet, independent of the code under test.
fn independent(text: &[u8], trailing_bits: bool) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::new();
    for (n, group) in text.chunks(4).enumerate() {
        let is_last = (n + 1) * 4 == text.len();
        let padding = group
            .iter()
            .rev()
            .take_while(|octet| **octet == b'=')
            .count();
        if padding > 2 || (padding > 0 && !is_last) {
            return None;
        }
        let mut bits = 0_u32;
        for octet in &group[..4 - padding] {
            let value = match octet {
                b'A'..=b'Z' => octet - b'A',
                b'a'..=b'z' => octet - b'a' + 26,
                b'0'..=b'9' => octet - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * padding;
        let octets = 3 - padding;
        if !trailing_bits && bits.trailing_zeros() < 8 * padding as u32 {
            return None;
        }
        out.extend(&bits.to_be_bytes()[1..=octets]);
    }
    Some(out)
}

fn refusal(document: &[u8]) {
    let refusal = Refusal::parse(document);
    assert!(!format!("{refusal:?}").contains(char::is_control));
    assert!(refusal.raw().as_bytes().len() <= 1024);
    let _ = refusal.reason();
    if refusal.openid_configuration().is_some_and(|url| {
        !url.get(..8)
            .is_some_and(|s| s.eq_ignore_ascii_case("https://"))
    }) {
        panic!("{refusal:?}");
    }
    let value: Result<serde_json::Value, _> = serde_json::from_slice(document);
    match value {
        Ok(serde_json::Value::Object(members)) if refusal.is_readable() => {
            if let Some(serde_json::Value::String(status)) = members.get("status") {
                assert_eq!(refusal.status(), Some(status.as_str()));
            }
        }
        // Too deep, or a member twice.
        Ok(serde_json::Value::Object(_)) => {}
        Ok(_) => assert!(!refusal.is_readable(), "{refusal:?}"),
        // Wrong within a member that nobody looks at.
        Err(_) => {
            let document = document.trim_ascii();
            let is_object = document.starts_with(b"{") && document.ends_with(b"}");
            assert!(is_object || !refusal.is_readable(), "{refusal:?}");
        }
    }
}

fn exchange(
    mechanism: Mechanism,
    initial_response: bool,
    prose: bool,
    ending: u8,
    challenges: &[&[u8]],
) {
    let mut limits = Limits::default();
    limits.rounds = 4;
    let rounds = limits.rounds;
    let settings = Settings::new().limits(limits);
    let mut exchange = Exchange::new(mechanism, initial_response).allow_prose(prose);
    let mut answers = Vec::new();
    for (n, challenge) in challenges.iter().enumerate() {
        if ending == 1 && n == 1 {
            exchange.abort();
        }
        let cancelled = answers.contains(&Answer::Cancel);
        match exchange.handle_challenge(challenge, &settings) {
            Ok(answer) => {
                assert!(!cancelled || answer == Answer::Cancel, "it was cancelled");
                answers.push(answer);
            }
            Err(_) => {
                assert!(
                    cancelled,
                    "only a server that goes on after a cancel is an error"
                );
                break;
            }
        }
    }
    let times = |answer: Answer| answers.iter().filter(|other| **other == answer).count();
    assert!(answers.len() <= rounds + 2, "{answers:?}");
    assert!(
        times(Answer::Initial) <= usize::from(!initial_response),
        "a message is said once"
    );
    assert!(times(Answer::Password) <= usize::from(mechanism == Mechanism::Login));
    assert!(times(Answer::Dummy) <= usize::from(mechanism == Mechanism::OAuthBearer));
    assert!(times(Answer::Empty) <= usize::from(mechanism == Mechanism::XOAuth2));

    let cancelled = times(Answer::Cancel) > 0;
    let complete = if mechanism == Mechanism::Login {
        times(Answer::Password) == 1
    } else {
        initial_response || times(Answer::Initial) == 1
    };
    let may_succeed = complete && !cancelled && exchange.refusal().is_none();
    assert_eq!(
        exchange.has_spoken(),
        initial_response || times(Answer::Initial) == 1 || cancelled
    );
    assert_eq!(
        exchange.handle_success().is_ok(),
        may_succeed,
        "{answers:?}"
    );
    if !cancelled {
        assert_eq!(exchange.handle_failure(), Ok(false));
    }
}
