//! The sections about mailboxes and ManageSieve.

use core::time::Duration;

use super::{AUTH, CREDENTIAL, Kind, LOGIN, Section, server};
use crate::settings::{AuthType, Filter, Mail};

const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn read(root: &mut Section<'_>, name: &'static str, mail: &mut Mail) {
    let Some(mut section) = root.section(name) else {
        return;
    };
    auth(&mut section, "access", &mut mail.access);
    auth(&mut section, "transport", &mut mail.transport);
    if let Some(source) = section.choice("login_source", &LOGIN) {
        mail.login_source = source;
    }
    mail.imap = server::read(&mut section, "imap", Kind::Imap);
    mail.smtp = server::read(&mut section, "smtp", Kind::Smtp);
    section.finish();
}

pub(super) fn filter(root: &mut Section<'_>, name: &'static str, filter: &mut Filter) {
    let Some(mut section) = root.section(name) else {
        return;
    };
    auth(&mut section, "mechanism", &mut filter.mechanism);
    if let Some(source) = section.choice("credential_source", &CREDENTIAL) {
        filter.credential_source = source;
    }
    filter.server = server::read(&mut section, "server", Kind::Sieve);
    let port = section.number("port", 1, u16::MAX.into());
    if let Some(port) = port.and_then(|port| u16::try_from(port).ok()) {
        filter.port = port;
    }
    section.time_within(
        "timeout",
        &mut filter.timeout,
        "0: no login could end in time",
        (MINUTE, "users would wait for more than a minute"),
    );
    if section.has("server") {
        for key in ["port", "timeout"] {
            if section.has(key) {
                section.error(
                    key,
                    "this is for ManageSieve on the host of IMAP: put it into server",
                );
            }
        }
    }
    section.finish();
}

fn auth(section: &mut Section<'_>, key: &'static str, target: &mut AuthType) {
    if let Some(auth) = section.choice(key, &AUTH) {
        *target = auth;
        if auth == AuthType::Login {
            section.warning(key, super::super::NO_PASSWORD);
        }
    }
}
