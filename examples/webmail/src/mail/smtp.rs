//! Writing mail, and handing it over (<https://www.rfc-editor.org/rfc/rfc6409>).

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most of these errors are of logins, which were before"
)]

use core::time::Duration;

use mail_builder::MessageBuilder;
use mail_login_tokens::clock;
use mail_send::{
    Error, SmtpClient,
    smtp::message::{Address, Message, Parameters},
};
use mail_session::MailConnection;
use serde::Deserialize;

use super::{MailError, clean};

/// A message as a user writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// Which mailbox it is sent from, where that is said.
    #[serde(default)]
    pub(crate) account: Option<String>,
    /// Addresses with commas between them.
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) text: String,
}

/// How long one command may take, and the message as a whole.
const TIME: Duration = Duration::from_secs(30);
/// What one message may be sent to.
const RECIPIENTS: usize = 50;
/// Characters that a form takes in each field.
pub(crate) const SUBJECT: usize = 500;
pub(crate) const TEXT: usize = 200_000;
pub(crate) const TO: usize = 4000;
/// Characters of all of them.
pub(crate) const LETTER: usize = TO + SUBJECT + TEXT;

/// Sends a message over a connection that is logged in.
pub(crate) async fn send(
    connection: MailConnection,
    from: &str,
    draft: &Draft,
) -> Result<(), MailError> {
    // After the login it is the client's turn: what is here was not asked for.
    if !connection.remaining.is_empty() {
        return Err(MailError::Malformed);
    }
    let (to, octets) = message(from, draft)?;
    let mut parameters = Parameters::new();
    // <https://www.rfc-editor.org/rfc/rfc6531#section-3.4>
    if !from.is_ascii() || to.iter().any(|to| !to.is_ascii()) {
        parameters.add("SMTPUTF8");
    }
    let sender = Address::new(from, parameters);
    let to: Vec<Address<'_>> = to.iter().map(|to| to.as_str().into()).collect();
    let mut client = SmtpClient {
        stream: connection.stream,
        timeout: TIME,
    };
    let sent = client.send(Message::new(sender, to, octets)).await;
    sent.map_err(said)?;
    // It is sent, whatever the server says now.
    let _ = client.quit().await;
    Ok(())
}

/// Whom it goes to, and the whole message.
fn message(from: &str, draft: &Draft) -> Result<(Vec<String>, Vec<u8>), MailError> {
    if !is_address(from) {
        return Err(MailError::Input("your own address cannot be sent from"));
    }
    let to = recipients(&draft.to)?;
    if draft.subject.chars().count() > SUBJECT || draft.subject.chars().any(char::is_control) {
        return Err(MailError::Input(
            "a subject is one line of 500 characters at most",
        ));
    }
    let domain = from
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    let id: [u8; 16] = clock::entropy()?;
    let id = u128::from_be_bytes(id);
    let octets = MessageBuilder::new()
        .from(from)
        .to(to.clone())
        .subject(draft.subject.as_str())
        .message_id(format!("{id:032x}@{domain}"))
        .text_body(draft.text.replace("\r\n", "\n").replace('\r', "\n"))
        .write_to_vec()?;
    Ok((to, octets))
}

fn recipients(text: &str) -> Result<Vec<String>, MailError> {
    let all = text.split([',', ';', '\n']).map(str::trim);
    let bare = |one: &str| match one.rsplit_once('<') {
        Some((_, address)) => address.trim_end_matches('>').to_owned(),
        None => one.to_owned(),
    };
    let all: Vec<String> = all.filter(|one| !one.is_empty()).map(bare).collect();
    if all.is_empty() || all.len() > RECIPIENTS {
        return Err(MailError::Input(
            "write 1 to 50 addresses, with commas between them",
        ));
    }
    if !all.iter().all(|one| is_address(one)) {
        return Err(MailError::Input(
            "one of the addresses is none: name@domain is expected",
        ));
    }
    Ok(all)
}

/// Not what could end a command or a header field, or begin another one.
fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c);
    let parts = text.rsplit_once('@');
    let full = |(local, domain): (&str, &str)| !local.is_empty() && !domain.is_empty();
    parts.is_some_and(full) && text.len() <= 254 && !text.contains(odd)
}

fn said(error: Error) -> MailError {
    match error {
        Error::Io(error) => error.into(),
        Error::Timeout => MailError::Timeout,
        Error::UnexpectedReply(reply) => {
            MailError::Refused(format!("{} {}", reply.code, clean(&reply.message, 300)))
        }
        _ => MailError::Malformed,
    }
}

#[cfg(test)]
mod tests;
