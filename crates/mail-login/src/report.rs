//! What happened on the way: JSON lines, or a transcript, or nothing.

use sasl_core::{Credentials, Event, Observer, Outgoing, Rejection, Text, Tls};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::terminal::{note, print};

/// Watches one conversation.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Print events as JSON.
    pub(crate) json: bool,
    /// Print the dialogue.
    pub(crate) transcript: bool,
    /// What must not be shown even when the server sends it back.
    pub(crate) credentials: Option<Credentials>,
    /// The same for those that were refused before.
    former: Option<Credentials>,
    /// TLS, once it is up.
    pub(crate) tls: Option<Secured>,
    /// Every list that was offered, in order.
    pub(crate) offers: Vec<Vec<String>>,
    /// The server's greeting.
    pub(crate) greeting: Option<String>,
    /// Commands sent since the connection became secure, or since it began.
    pub(crate) commands: usize,
    /// How many of the lists came before TLS was up.
    pub(crate) offers_in_clear: usize,
    /// What is being waited for.
    pub(crate) stage: crate::waiting::Stage,
    /// Received and not shown yet: a line that is not complete.
    partial: Vec<u8>,
}

/// What TLS agreed on.
#[derive(Clone, Debug)]
pub(crate) struct Secured {
    pub(crate) version: String,
    pub(crate) alpn: Option<String>,
    pub(crate) certificate: Option<Certificate>,
}

/// Whose certificate it is.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) until: String,
}

impl Report {
    /// For a login with these credentials.
    pub(crate) fn of_login(json: bool, transcript: bool, credentials: Credentials) -> Self {
        Self {
            json,
            transcript,
            credentials: Some(credentials),
            ..Self::default()
        }
    }

    fn emit(&self, value: &Value) {
        if self.json {
            print(value);
        }
    }

    /// From now on another token is used.
    pub(crate) fn renew(&mut self, credentials: Credentials) {
        self.former = self.credentials.replace(credentials);
    }

    /// Without our secrets.
    fn scrub(&self, text: &[u8]) -> Vec<u8> {
        let own = [&self.credentials, &self.former];
        own.into_iter()
            .flatten()
            .fold(text.to_vec(), |text, credentials| credentials.scrub(&text))
    }

    /// A token was refused, and a new one is got for one more try.
    pub(crate) fn retrying(&mut self, place: &str, rejection: &Rejection) {
        self.finish();
        self.stage.set("a new token");
        let reason = rejection.reason().name();
        self.emit(&json!({"v": 1, "event": "retry", "reason": reason, "text": rejection.text().to_string()}));
        if !self.json {
            note(format_args!(
                "note: {place} refused the token ({reason}); trying once more with a new one"
            ));
        }
    }

    /// Shows what is left of the dialogue.
    pub(crate) fn finish(&mut self) {
        if !self.partial.is_empty() {
            let rest = core::mem::take(&mut self.partial);
            self.show_line(&rest);
        }
    }

    /// Untrusted text, without our secret should it be in there.
    pub(crate) fn clean(&self, text: Text<'_>) -> String {
        Text::new(&self.scrub(text.as_bytes())).to_string()
    }

    fn show_line(&self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        note(format_args!("S: {}", Text::new(&self.scrub(line))));
    }
}

impl Observer for Report {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Greeting(text) => {
                self.greeting = Some(text.to_string());
                self.emit(&json!({"v": 1, "event": "greeting", "text": text.to_string()}));
            }
            Event::Offered(capabilities) => {
                let list: Vec<_> = capabilities.iter().map(|entry| self.clean(entry)).collect();
                let mechanisms: Vec<_> = capabilities.mechanisms().iter().map(|m| m.name()).collect();
                let secure = self.tls.is_some();
                self.emit(&json!({"v": 1, "event": "offered", "tls": secure, "mechanisms": mechanisms, "capabilities": list}));
                if !secure {
                    self.offers_in_clear += 1;
                }
                self.offers.push(list);
            }
            Event::Chosen { mechanism, initial_response } => {
                self.emit(&json!({"v": 1, "event": "chosen", "mechanism": mechanism.name(), "initial_response": initial_response}));
            }
            Event::Refused(refusal) => self.emit(&json!({
                "v": 1, "event": "refused", "status": refusal.status(), "scope": refusal.scope(),
                "openid_configuration": refusal.openid_configuration(), "raw": self.clean(refusal.raw()),
            })),
            Event::Notice { notice, text } => {
                let text = self.clean(*text);
                self.emit(&json!({"v": 1, "event": "notice", "message": notice.to_string(), "text": text}));
                if !self.json {
                    let said = if text.is_empty() { String::new() } else { format!(": {text}") };
                    note(format_args!("note: {notice}{said}"));
                }
            }
            _ => {}
        }
    }

    fn sent(&mut self, bytes: &Outgoing<'_>) {
        self.commands += 1;
        self.stage.set("an answer");
        if self.transcript {
            note(format_args!("C: {}", bytes.redacted()));
        }
    }

    fn received(&mut self, bytes: &[u8]) {
        if !self.transcript {
            return;
        }
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|octet| *octet == b'\n') {
            let rest = self.partial.split_off(end + 1);
            let mut line = core::mem::replace(&mut self.partial, rest);
            line.pop();
            self.show_line(&line);
        }
    }

    fn secured(&mut self, tls: &Tls<'_>) {
        let secured = Secured {
            version: tls.version.into(),
            alpn: tls.alpn.map(|name| Text::new(name).to_string()),
            certificate: tls.certificate.and_then(certificate),
        };
        if self.transcript {
            note(format_args!("--- {}", secured.version));
        }
        let certificate = secured
            .certificate
            .as_ref()
            .map(|c| json!({"subject": c.subject, "issuer": c.issuer, "not_after": c.until}));
        self.emit(&json!({"v": 1, "event": "tls", "version": secured.version, "alpn": secured.alpn, "certificate": certificate}));
        self.commands = 0;
        self.stage.set("the next word");
        self.tls = Some(secured);
    }
}

fn certificate(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let shown = |name: String| Text::new(name.as_bytes()).to_string();
    let until = certificate.validity().not_after.to_datetime();
    Some(Certificate {
        subject: shown(certificate.subject().to_string()),
        issuer: shown(certificate.issuer().to_string()),
        until: format!(
            "{:04}-{:02}-{:02}",
            until.year(),
            u8::from(until.month()),
            until.day()
        ),
    })
}
