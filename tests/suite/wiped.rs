//! Memory that is given back holds no secret: neither the token nor its base64, whatever the login
//! came to, on either side.

#![allow(
    missing_docs,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "a test"
)]

use harness::{Tested, secrecy};
use sasl_core::{
    AcceptSettings, Accepting, Credentials, Endpoint, Machine, Mechanism, Reason, Secret, Settings,
    Step, Verdict,
};
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
        /// Blocks that were not given back: address and octets, none where there is no more of them.
        static LIVING: RefCell<[(usize, usize); 256]> = const { RefCell::new([(0, 0); 256]) };
    }

    struct Looking;

    #[global_allocator]
    static ALLOCATOR: Looking = Looking;

    // SAFETY: every call is passed on to the system's allocator, which gives more than it has to.
    unsafe impl GlobalAlloc for Looking {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // Zeroed, or what the test itself left there before would be found.
            // SAFETY: the caller's promises are ours.
            let memory = unsafe { System.alloc_zeroed(layout) };
            exchange((0, 0), (memory as usize, layout.size()));
            memory
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            exchange((memory as usize, layout.size()), (0, 0));
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

    fn exchange(old: (usize, usize), new: (usize, usize)) {
        let _ = LIVING.try_with(|living| {
            if let Ok(mut living) = living.try_borrow_mut()
                && let Some(place) = living.iter_mut().find(|block| **block == old)
            {
                *place = new;
            }
        });
    }

    /// How many blocks with one of the secrets in it are there when `act` has run, besides those that
    /// were there before.
    pub(crate) fn living_blocks_with<T>(secrets: Vec<Vec<u8>>, act: impl FnOnce() -> T) -> usize {
        LIVING.with(|living| living.replace([(0, 0); 256]));
        let alive = act();
        let blocks = LIVING.with(|living| living.replace([(0, 0); 256]));
        // Fewer than there is room for, or some were not counted.
        assert_eq!(blocks.last(), Some(&(0, 0)));
        SECRETS.with(|list| list.replace(secrets));
        FOUND.with(|count| count.set(0));
        for (address, octets) in blocks.into_iter().filter(|block| block.0 != 0) {
            look(address as *const u8, octets);
        }
        let found = FOUND.with(Cell::get);
        let secrets = SECRETS.with(|list| list.take());
        drop((secrets, alive));
        found
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

/// So does the other one: a block that is kept is found.
#[test]
fn what_is_kept_is_found() {
    let found = looking::living_blocks_with(forms(TOKEN), || String::from(TOKEN));
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

/// The side of the server hears what a client says, in pieces of so many octets, and refuses it or
/// takes it.
fn take<P: Tested>(said: &[u8], octets: usize, accept: bool) -> P::Accept {
    let settings = AcceptSettings::new().mechanisms(Mechanism::ALL);
    let mut machine = P::accept_over_tls(settings.into());
    let mut pieces = said.chunks(octets);
    loop {
        match machine.poll() {
            Ok(Step::Write(_) | Step::Event(_)) => {}
            Ok(Step::Read) => machine.handle_input(pieces.next().unwrap_or_default()),
            Ok(Step::Done(Accepting::Presented(presented))) => {
                drop(presented);
                P::decide(
                    &mut machine,
                    if accept {
                        Verdict::accept_delegate("owner")
                    } else {
                        Verdict::refuse(Reason::TokenRejected)
                    },
                );
            }
            Ok(Step::Done(_)) | Err(_) => return machine,
        }
    }
}

/// What clients say with the token in it, well-formed or not; the answer to a refusal is in it.
fn clients(before: &str, quote: &str) -> Vec<Vec<u8>> {
    let messages = [
        (
            "OAUTHBEARER",
            format!("n,a=user,\x01auth=Bearer {TOKEN}\x01\x01"),
        ),
        (
            "XOAUTH2",
            format!("user=user\x01auth=Bearer {TOKEN}\x01\x01"),
        ),
        ("PLAIN", format!("\0user\0{TOKEN}")),
        ("PLAIN", format!("boss\0user\0{TOKEN}")),
        // In the grammar of none, at its end.
        ("XOAUTH2", format!("user=user\x01auth=Bearer {TOKEN}\x01")),
        ("OAUTHBEARER", format!("n,,\x01auth=Bearer {TOKEN}\x01x")),
        ("PLAIN", format!("\0user\0{TOKEN}\0")),
    ];
    let mut clients = Vec::new();
    for (name, message) in messages {
        let message = secrecy::base64(message.as_bytes());
        let authenticate = format!("{before} {quote}{name}{quote}");
        for message in [message.clone(), format!("{message}!")] {
            let message = format!("{quote}{message}{quote}");
            for said in [
                format!("{authenticate} {message}\r\n{quote}AQ=={quote}\r\n"),
                format!("{authenticate}\r\n{message}\r\n{quote}AQ=={quote}\r\n"),
                // The end comes before the line's.
                format!("{authenticate} {message}"),
                format!("{authenticate}\r\n{message}"),
                // The line is malformed, or too long.
                format!("{authenticate} {message}\n"),
                format!("{authenticate} {message}{}\r\n", "x".repeat(20_000)),
                // A secret where none is due.
                format!("{message}\r\n{authenticate}\r\n*\r\n{message}\r\n"),
            ] {
                clients.push(said.into_bytes());
            }
        }
    }
    let [user, token] = ["user", TOKEN].map(|text| secrecy::base64(text.as_bytes()));
    let login = format!("{before} {quote}LOGIN{quote}\r\n{quote}{user}{quote}\r\n");
    for answer in [token.clone(), format!("{token}!")] {
        clients.push(format!("{login}{quote}{answer}{quote}\r\n").into_bytes());
    }
    clients
}

fn taken<P: Tested>(clients: &[Vec<u8>]) {
    for (n, said) in clients.iter().enumerate() {
        // All but a line end and the answer to a refusal as well, so that a message is moved.
        for octets in [usize::MAX, 7, 100, said.len() - 8] {
            for accept in [true, false] {
                let act = || take::<P>(said, octets, accept);
                let found = looking::blocks_with(forms(TOKEN), || drop(act()));
                assert_eq!(found, 0, "{} {n}, pieces of {octets}, {accept}", P::NAME);
                // What was never read as a line is still there, and belongs to whoever reads on.
                let machine = act();
                let unread = secrecy::leak(machine.remaining(), TOKEN).is_some();
                drop(machine);
                let found = looking::living_blocks_with(forms(TOKEN), act);
                assert!(
                    found == 0 || unread,
                    "{} {n}, pieces of {octets}, {accept}: kept",
                    P::NAME
                );
            }
        }
    }
}

#[test]
fn no_accept_leaves_a_secret_in_memory() {
    let mut imap = clients("a AUTHENTICATE", "");
    let octets = TOKEN.len();
    for arguments in [
        format!("user {TOKEN}"),
        format!("\"us\\\\er\" \"{TOKEN}\""),
        format!("user \"\\\"{TOKEN}\\\\\""),
        format!("{{4}}\r\nuser {{{octets}}}\r\n{TOKEN}"),
        format!("user {{{octets}+}}\r\n{TOKEN}"),
        format!("user {{{}+}}\r\n{TOKEN}\0", octets + 1),
        format!("user {TOKEN} more"),
        format!("\"\" {TOKEN}"),
    ] {
        imap.push(format!("a LOGIN {arguments}\r\n").into_bytes());
    }
    taken::<imap_auth::Imap>(&imap);

    let mut smtp = clients("AUTH", "");
    for said in &mut smtp {
        said.splice(..0, *b"EHLO x\r\n");
    }
    taken::<smtp_auth::Smtp>(&smtp);

    let mut sieve = clients("AUTHENTICATE", "\"");
    let message = secrecy::base64(format!("user=u\x01auth=Bearer {TOKEN}\x01\x01").as_bytes());
    let octets = message.len();
    for said in [
        format!("AUTHENTICATE \"XOAUTH2\" {{{octets}+}}\r\n{message}\r\n"),
        format!("AUTHENTICATE \"XOAUTH2\"\r\n{{{octets}+}}\r\n{message}\r\n"),
        format!("AUTHENTICATE \"XOAUTH2\" \"\\\"{message}\"\r\n"),
        format!("AUTHENTICATE \"XOAUTH2\"\r\n\"\\\"{message}\"\r\n"),
    ] {
        sieve.push(said.into_bytes());
    }
    taken::<sieve_auth::Sieve>(&sieve);
}
