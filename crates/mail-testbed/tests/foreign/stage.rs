//! A testbed, the tokens to try, and what is expected of every client.

use std::{fs, path::PathBuf, time::Duration};

use mail_testbed::{MailOptions, MailServer, Message, Testbed, TestbedOptions};
use sasl_core::{Mechanism, Reason};

use super::program::Ran;

pub(super) const USER: &str = "alice@example.com";

/// A testbed of its own for each client, with a directory for its files.
pub(super) struct Stage {
    testbed: Testbed,
    directory: PathBuf,
    old: String,
    name: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Imap,
    Sieve,
    Smtp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Implicit,
    StartTls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    Expired,
    Good,
    Unknown,
}

/// One login that a client is to try.
pub(super) struct Case<'a> {
    pub(super) protocol: Protocol,
    pub(super) mechanism: Mechanism,
    pub(super) tls: Tls,
    pub(super) port: u16,
    pub(super) token: String,
    pub(super) stage: &'a Stage,
}

impl Stage {
    /// Servers that offer both token mechanisms, and PLAIN.
    pub(super) fn new(name: &'static str) -> Self {
        Self::with(name, MailOptions::new())
    }

    /// Servers that offer this mechanism alone, for clients that cannot be told which to take.
    pub(super) fn offering(name: &'static str, mechanism: Mechanism) -> Self {
        Self::with(name, MailOptions::new().mechanisms([mechanism]))
    }

    pub(super) fn with(name: &'static str, mail: MailOptions) -> Self {
        let testbed = Testbed::with(TestbedOptions::new().mail(mail)).unwrap();
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("ca.pem"), testbed.authority().pem()).unwrap();
        let old = testbed.token(USER);
        testbed.provider().advance(Duration::from_secs(3601));
        Self {
            testbed,
            directory,
            old,
            name,
        }
    }

    pub(super) fn directory(&self) -> &PathBuf {
        &self.directory
    }

    /// The certificate to trust.
    pub(super) fn ca(&self) -> String {
        self.directory.join("ca.pem").display().to_string()
    }

    /// Writes a file for the client, and gives its path.
    pub(super) fn file(&self, name: &str, content: &str) -> String {
        let path = self.directory.join(name);
        fs::write(&path, content).unwrap();
        // Some clients read no secret from what others may read.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path.display().to_string()
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.testbed.smtp().messages()
    }

    /// Has the client log in with each kind of token. A good one must get it in. With another it must
    /// end with one of the statuses and say one of the words by which it shows a refusal.
    #[track_caller]
    pub(super) fn try_all(
        &self,
        protocol: Protocol,
        mechanisms: &[Mechanism],
        tls: &[Tls],
        refusal: (&[i32], &str),
        client: impl Fn(&Case<'_>) -> Ran,
    ) {
        for &mechanism in mechanisms {
            for &tls in tls {
                for quality in [Quality::Good, Quality::Expired, Quality::Unknown] {
                    let case = self.case(protocol, mechanism, tls, quality);
                    let server = self.server(protocol);
                    let before = server.accepted() + server.refused();
                    let ran = client(&case);
                    self.show(&case, quality, &ran);
                    let about = format!("{} {protocol:?} {mechanism:?} {tls:?}", self.name);
                    let tries = server.accepted() + server.refused() - before;
                    assert!(tries > 0, "{about}: never tried to log in: {ran:?}");
                    // Some try a second time, which is their business; all must go the same way.
                    let attempt = server.attempts().pop().unwrap();
                    assert_eq!(attempt.mechanism, Some(mechanism), "{about}");
                    assert!(attempt.tls, "{about}");
                    let (statuses, words) = refusal;
                    if quality == Quality::Good {
                        assert!(!ran.text.contains(words), "{about}: {}", ran.text);
                        assert_eq!(ran.status, Some(0), "{about}: {}", ran.text);
                        assert_eq!(attempt.refused, None, "{about}");
                        assert_eq!(attempt.user, USER, "{about}");
                        continue;
                    }
                    let refused = Some(Reason::TokenRejected);
                    assert_eq!(attempt.refused, refused, "{about}");
                    let status = ran.status.unwrap();
                    assert!(statuses.contains(&status), "{about}: {status} {}", ran.text);
                    assert!(ran.text.contains(words), "{about}: {}", ran.text);
                }
            }
        }
    }

    fn case(
        &self,
        protocol: Protocol,
        mechanism: Mechanism,
        tls: Tls,
        quality: Quality,
    ) -> Case<'_> {
        let server = self.server(protocol);
        Case {
            protocol,
            mechanism,
            tls,
            port: match tls {
                Tls::Implicit => server.implicit_tls().port(),
                Tls::StartTls => server.starttls().port(),
            },
            token: match quality {
                Quality::Expired => self.old.clone(),
                Quality::Good => self.testbed.token(USER),
                Quality::Unknown => "mF_9.B5f-4.1JqM".into(),
            },
            stage: self,
        }
    }

    fn server(&self, protocol: Protocol) -> &MailServer {
        match protocol {
            Protocol::Imap => self.testbed.imap(),
            Protocol::Sieve => self.testbed.sieve(),
            Protocol::Smtp => self.testbed.smtp(),
        }
    }

    /// One line of the table: the client's last words.
    fn show(&self, case: &Case<'_>, quality: Quality, ran: &Ran) {
        let text = plain(&ran.text);
        let said = text.lines().rev().find(|line| !line.trim().is_empty());
        let said = said.unwrap_or("nothing").replace(&case.token, "(token)");
        println!(
            "| {:10} | {:5} | {:11} | {:8} | {:7} | {:3} | {:.90} |",
            self.name,
            format!("{:?}", case.protocol),
            case.mechanism.name(),
            format!("{:?}", case.tls),
            format!("{quality:?}"),
            ran.status.unwrap_or(-1),
            said.trim(),
        );
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What is needed to look at a failure stays.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

impl Case<'_> {
    /// All that a script needs, in JSON for its standard input.
    pub(super) fn json(&self) -> String {
        serde_json::json!({
            "protocol": format!("{:?}", self.protocol).to_lowercase(),
            "mechanism": self.mechanism.name(),
            "implicit": self.tls == Tls::Implicit,
            "host": "localhost",
            "port": self.port,
            "ca": self.stage.ca(),
            "user": USER,
            "token": self.token,
        })
        .to_string()
    }
}

/// Without what only moves a cursor or changes a colour: `ESC`, and all up to a letter.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = String::from(parts.next().unwrap_or_default());
    for part in parts {
        plain.extend(part.split_inclusive(char::is_alphabetic).skip(1));
    }
    plain
}

pub(super) const BOTH_TLS: [Tls; 2] = [Tls::Implicit, Tls::StartTls];

pub(super) const BOTH_MECHANISMS: [Mechanism; 2] = [Mechanism::OAuthBearer, Mechanism::XOAuth2];

pub(super) const MESSAGE: &str =
    "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: hello\r\n\r\n.Hello\r\n";

/// What each good login with SMTP has sent is there, whole.
#[track_caller]
pub(super) fn assert_sent(stage: &Stage, number: usize) {
    let messages = stage.messages();
    assert_eq!(messages.len(), number);
    for message in messages {
        assert_eq!(message.user, USER);
        assert_eq!(message.from, USER);
        assert_eq!(message.to, ["bob@example.com"]);
        let content = String::from_utf8(message.content).unwrap();
        assert!(content.contains("Subject: hello\r\n"), "{content}");
        assert!(content.contains("\r\n\r\n.Hello\r\n"), "{content}");
    }
}
