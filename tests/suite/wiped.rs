//! Memory that is given back holds no secret: neither the token nor its base64, whatever the login
//! came to.

#![allow(
    missing_docs,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "a test"
)]

use harness::{Tested, secrecy};
use sasl_core::{Credentials, Endpoint, Machine, Mechanism, Secret, Settings, Step};
use token_lifecycle::{
    Callback, Client, DeviceAuthorization, TokenKind, TokenRequest, Url, Verifier,
    introspect_with_bearer, revoke,
};

/// Looks through every block that the present thread gives back.
#[allow(unsafe_code, reason = "an allocator cannot be written without")]
mod looking {
    use std::{
        alloc::{GlobalAlloc, Layout, System},
        cell::{Cell, RefCell},
    };

    thread_local! {
        static SECRETS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
        static FOUND: Cell<usize> = const { Cell::new(0) };
    }

    struct Looking;

    #[global_allocator]
    static ALLOCATOR: Looking = Looking;

    // SAFETY: every call is passed on to the system's allocator unchanged.
    unsafe impl GlobalAlloc for Looking {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's promises are ours.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            look(memory, layout.size());
            // SAFETY: as above.
            unsafe { System.dealloc(memory, layout) }
        }

        // `realloc` is the default: it gives the old block back by `dealloc`, where it is looked at.
    }

    fn look(memory: *const u8, octets: usize) {
        let _ = SECRETS.try_with(|secrets| {
            // Borrowed while the list itself changes, which holds the secrets by design.
            let Ok(secrets) = secrets.try_borrow() else {
                return;
            };
            for secret in secrets.iter().filter(|secret| secret.len() <= octets) {
                let found = (0..=octets - secret.len()).any(|start| {
                    secret.iter().enumerate().all(|(n, octet)| {
                        // SAFETY: start + n is less than the size of the block, which is still ours;
                        // reading is volatile because not all of it may have been written.
                        unsafe { memory.add(start + n).read_volatile() == *octet }
                    })
                });
                if found {
                    let _ = FOUND.try_with(|count| count.set(count.get() + 1));
                }
            }
        });
    }

    /// How many blocks with one of the secrets in it were given back while `act` ran.
    pub(crate) fn blocks_with(secrets: Vec<Vec<u8>>, act: impl FnOnce()) -> usize {
        SECRETS.with(|list| list.replace(secrets));
        FOUND.with(|count| count.set(0));
        act();
        let found = FOUND.with(Cell::get);
        let secrets = SECRETS.with(|list| list.take());
        drop(secrets);
        found
    }
}

/// Long enough to be encoded from where it lies, and to be cut into two in the send buffer.
const TOKEN: &str = "begin-of-the-token-0123456789abcdefghijklmnopqrstuvwxyz-end-of-the-token";

fn forms(secret: &str) -> Vec<Vec<u8>> {
    secrecy::forms(secret)
        .into_iter()
        .map(String::into_bytes)
        .collect()
}

/// A login against answers, one for each read.
fn log_in<P: Tested>(token: &'static str, mechanism: Mechanism, answers: &[&str]) {
    let credentials = Credentials::bearer("user@example.com", token).unwrap();
    let settings = Settings::new()
        .mechanisms(&[mechanism])
        .endpoint(Endpoint::new("mail.example.com", 993).unwrap());
    let mut login = P::login_over_tls(credentials, P::Options::from(settings));
    let mut answers = answers.iter();
    loop {
        match login.poll() {
            Ok(Step::Write(_) | Step::Event(_)) => {}
            Ok(Step::Read) => login.handle_input(answers.next().map_or(b"", |a| a.as_bytes())),
            Ok(Step::Done(_)) | Err(_) => return,
        }
    }
}

/// The search itself works: a block that is not wiped is found.
#[test]
fn what_is_not_wiped_is_found() {
    let found = looking::blocks_with(forms(TOKEN), || drop(String::from(TOKEN)));
    assert!(found > 0);
}

#[test]
fn no_login_leaves_its_secret_in_memory() {
    const REFUSED: &str = "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=";
    let imap = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2] hi\r\n";
    let ehlo = "250-mx\r\n250 AUTH OAUTHBEARER XOAUTH2\r\n";
    let sieve = "\"SASL\" \"OAUTHBEARER XOAUTH2\"\r\nOK\r\n";
    let refused = [
        format!("+ {REFUSED}\r\n"),
        format!("334 {REFUSED}\r\n"),
        format!("\"{REFUSED}\"\r\n"),
    ];
    let found = looking::blocks_with(forms(TOKEN), || {
        for mechanism in [Mechanism::OAuthBearer, Mechanism::XOAuth2] {
            log_in::<imap_auth::Imap>(TOKEN, mechanism, &[imap, "A1 OK in\r\n"]);
            log_in::<imap_auth::Imap>(TOKEN, mechanism, &[imap, &refused[0], "A1 NO no\r\n"]);
            log_in::<imap_auth::Imap>(TOKEN, mechanism, &[imap]);
            log_in::<smtp_auth::Smtp>(TOKEN, mechanism, &["220 mx\r\n", ehlo, "235 in\r\n"]);
            log_in::<smtp_auth::Smtp>(
                TOKEN,
                mechanism,
                &["220 mx\r\n", ehlo, &refused[1], "535 no\r\n"],
            );
            log_in::<sieve_auth::Sieve>(TOKEN, mechanism, &[sieve, "OK\r\n"]);
            log_in::<sieve_auth::Sieve>(TOKEN, mechanism, &[sieve, &refused[2], "NO\r\n"]);
        }
    });
    assert_eq!(found, 0, "blocks with the token in them were given back");
}

/// A command that grows beyond what was reserved takes its old memory along.
#[test]
fn a_send_buffer_that_grows_leaves_nothing_behind() {
    let found = looking::blocks_with(forms(TOKEN), || {
        let mut send = sasl_core::wire::SendBuf::with_capacity(16);
        send.push(b"A1 LOGIN x ")
            .push_secret(TOKEN.as_bytes())
            .push(&[b'x'; 4096]);
    });
    assert_eq!(found, 0);
}

/// Requests are longer than what is reserved for them, so that their memory moves.
#[test]
fn no_request_leaves_its_secrets_in_memory() {
    let endpoint = Url::new("https://id.example.com/token").unwrap();
    let (public, long) = (Client::public("app").unwrap(), "x".repeat(1000));
    let found = looking::blocks_with(forms(TOKEN), || {
        let secret = Secret::from(TOKEN);
        let verifier = Verifier::from_entropy(&[7; 32]);
        let clients = [
            public.clone(),
            Client::basic("app", TOKEN).unwrap(),
            Client::raw_basic("app", TOKEN).unwrap(),
            Client::post("app", TOKEN).unwrap(),
            Client::assertion("app", TOKEN).unwrap(),
        ];
        for client in &clients {
            for request in [
                TokenRequest::refresh(&secret),
                TokenRequest::authorization_code(&secret, "com.example.app:/cb", &verifier),
                TokenRequest::device_code(&secret),
                TokenRequest::password("user", &secret),
                TokenRequest::jwt_bearer(&secret),
            ] {
                let request = request.parameter("more", long.as_str());
                drop(request.build(&endpoint, client).unwrap());
            }
            drop(revoke(&endpoint, client, &secret, TokenKind::Refresh));
        }
        drop(introspect_with_bearer(
            &endpoint,
            &secret,
            &secret,
            TokenKind::Access,
        ));
    });
    assert_eq!(found, 0, "blocks with a secret in them were given back");
}

#[test]
fn no_answer_leaves_its_secrets_in_memory() {
    use harness::tokens::{STATE, question};

    // Made before, because who hands these in has to wipe them.
    let answer = format!("/cb?state={STATE}&code={TOKEN}");
    let forged = format!("/cb?state=forged&code={TOKEN}");
    let device = format!(
        r#"{{"device_code":"{TOKEN}","user_code":"X","verification_uri":"https://a.example","expires_in":9}}"#
    );
    let twice = device.replace("expires_in", "device_code");
    let found = looking::blocks_with(forms(TOKEN), || {
        let mut authorization = question(7, None);
        assert!(authorization.receive(forged.as_bytes()).is_err());
        let Ok(Callback::Code(code)) = authorization.receive(answer.as_bytes()) else {
            panic!("no code");
        };
        drop(code);
        drop(DeviceAuthorization::parse(device.as_bytes()).unwrap());
        assert!(DeviceAuthorization::parse(twice.as_bytes()).is_err());
    });
    assert_eq!(found, 0, "blocks with a secret in them were given back");
}

#[test]
fn the_verifier_is_wiped() {
    let verifier = Verifier::from_entropy(&[7; 32]);
    let text = verifier.secret().expose().to_owned();
    let found = looking::blocks_with(forms(&text), || {
        let verifier = Verifier::from_entropy(&[7; 32]);
        assert_eq!(verifier.challenge().len(), 43);
    });
    assert_eq!(found, 0);
}
