//! What must hold of the messages of mechanisms as a server reads them, whatever they are made of.
//!
//! An input is one octet of choices, and then a message and answers with 0xFF between them.

use sasl_core::{
    AcceptSettings, Acceptance, Credentials, Endpoint, Mechanism, Next, Presented, Reason,
    Response, Verdict, base64::decode, parse_message,
};

use crate::secrecy::base64;

/// Messages of every mechanism, and an exchange that goes on.
pub fn messages(input: &[u8]) {
    let Some((choices, rest)) = input.split_first() else {
        return;
    };
    let mut fields = rest.split(|octet| *octet == 0xff);
    let message = fields.next().unwrap_or_default();
    for mechanism in Mechanism::ALL {
        if let Ok(Some(presented)) = parse_message(mechanism, message) {
            legal(&presented);
            written_anew(mechanism, message, &presented);
        }
    }
    let answers: Vec<_> = fields.collect();
    exchange(*choices, message, &answers);
}

/// Nothing gets in that a client could not have been given as credentials.
fn legal(presented: &Presented) {
    let credentials = presented.credentials();
    for user in [credentials.user(), presented.user()] {
        assert!(!user.contains(|c| c < ' ' || c == '\x7f'), "{presented:?}");
        assert!(user.len() <= 255);
    }
    let secret = credentials.secret().expose();
    assert!(!secret.contains(['\0', '\r', '\n']), "{presented:?}");
    assert!(secret.len() <= 65536);
}

/// Whatever is read can be written by the side of the client, and means the same when it is read
/// again. Where there is one way to write it, it is written that way.
fn written_anew(mechanism: Mechanism, message: &[u8], presented: &Presented) {
    let again = match mechanism {
        Mechanism::Plain => {
            let credentials = presented.credentials();
            let asks = presented.user() != credentials.user();
            let authorization = if asks { presented.user() } else { "" };
            let again = format!(
                "{authorization}\0{}\0{}",
                credentials.user(),
                credentials.secret().expose()
            );
            // One way more: to ask for what one is.
            if message.starts_with(b"\0") || asks {
                assert_eq!(again.as_bytes(), message);
            }
            again.into_bytes()
        }
        _ => written(presented.credentials(), mechanism, presented.endpoint()),
    };
    match mechanism {
        Mechanism::External => assert_eq!(again, message),
        // The scheme has no case.
        Mechanism::XOAuth2 => {
            assert!(again.eq_ignore_ascii_case(message));
        }
        _ => {}
    }
    let read = parse_message(mechanism, &again).unwrap().unwrap();
    assert_eq!(read.user(), presented.user());
    assert_eq!(read.endpoint(), presented.endpoint());
    assert_eq!(read.mechanism(), Some(mechanism));
    let (one, other) = (read.credentials(), presented.credentials());
    assert_eq!(one.user(), other.user());
    assert_eq!(one.kind(), other.kind());
    assert!(one.secret() == other.secret());
}

fn written(
    credentials: &Credentials,
    mechanism: Mechanism,
    endpoint: Option<&Endpoint>,
) -> Vec<u8> {
    let response = Response::new(credentials, mechanism, endpoint);
    let response = response.expect("what was read can be written");
    decode(&response.to_vec(), false).unwrap()
}

/// An exchange with its first message along or asked for, and answers to whatever comes.
fn exchange(choices: u8, message: &[u8], answers: &[&[u8]]) {
    let mechanism = Mechanism::ALL[usize::from(choices & 7) % Mechanism::ALL.len()];
    let settings = AcceptSettings::new().explain(choices & 8 == 0);
    let encoded = base64(message);
    let along = (choices & 16 == 0).then_some(encoded.as_bytes());
    let mut answers = answers.iter().copied();
    let mut acceptance = Acceptance::default();
    let (mut asked, mut challenges) = (0, 0);
    let mut next = acceptance.begin(mechanism, along, &settings);
    loop {
        next = match next {
            Next::Accept(accepted) => {
                assert_eq!((asked, accepted.mechanism()), (1, Some(mechanism)));
                assert!(choices & 32 == 0, "nobody has said yes");
                break;
            }
            Next::Fail(_) => break,
            Next::Challenge(text) => {
                challenges += 1;
                assert!(challenges <= 2, "an exchange without end");
                assert!(decode(&text, false).is_some(), "no base64");
                match answers.next() {
                    Some(answer) => acceptance.handle_response(answer, &settings),
                    None => break,
                }
            }
            Next::Present(presented) => {
                asked += 1;
                assert_eq!(asked, 1, "asked twice");
                legal(&presented);
                acceptance.decide(
                    if choices & 32 == 0 {
                        Verdict::accept_delegate("owner")
                    } else {
                        Verdict::refuse(Reason::TokenRejected)
                    },
                    &settings,
                )
            }
        };
    }
    // What comes when nothing is under way lets nobody in.
    assert!(!matches!(
        acceptance.decide(Verdict::accept("owner"), &settings),
        Next::Accept(_)
    ));
    assert!(matches!(
        Acceptance::default().handle_response(encoded.as_bytes(), &settings),
        Next::Fail(_)
    ));
}
