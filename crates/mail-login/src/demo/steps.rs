//! The steps of the demonstration. Each fails unless it went as it should.

use std::time::Duration;

use mail_login_blocking::{Connection, Login, Refused, Server, Silent, login};
use mail_testbed::{MailServer, Testbed, Tokens};
use sasl_core::{Advice, Credentials, Mechanism, Protocol, Reason, Settings};

use super::{USER, show::Show};
use crate::{
    cli::TlsMode,
    exit::{Exit, Problem},
};

/// The mechanisms that are shown.
const MECHANISMS: [Mechanism; 2] = [Mechanism::OAuthBearer, Mechanism::XOAuth2];

pub(super) fn all(testbed: &Testbed, show: &Show) -> Result<(), Problem> {
    let tokens = testbed.provider().issue(USER);
    show.step(
        "token",
        &format!("issued for {USER}, good for {} s", tokens.life().as_secs()),
    );
    for tls in [TlsMode::Implicit, TlsMode::Starttls] {
        both_mechanisms::<imap_auth::Imap>(testbed, testbed.imap(), tls, &tokens, show)?;
        both_mechanisms::<smtp_auth::Smtp>(testbed, testbed.smtp(), tls, &tokens, show)?;
        both_mechanisms::<sieve_auth::Sieve>(testbed, testbed.sieve(), tls, &tokens, show)?;
    }
    let tokens = expired_token(testbed, tokens, show)?;
    revoked_grant(testbed, &tokens, show)
}

/// One login by each mechanism.
fn both_mechanisms<P: Protocol>(
    testbed: &Testbed,
    server: &MailServer,
    tls: TlsMode,
    tokens: &Tokens,
    show: &Show,
) -> Result<(), Problem> {
    let mut told = Vec::new();
    for mechanism in MECHANISMS {
        let options = P::Options::from(Settings::new().mechanisms(&[mechanism]));
        let connection = match attempt::<P>(testbed, server, tls, tokens, options)? {
            Login::Accepted(connection) => connection,
            Login::Rejected(refused) => return Err(unexpected(refused.rejection())),
        };
        told.push(format!("{mechanism} {}", trips(&connection)));
        // Whether the server hears our goodbye does not change that it let us in.
        let _ = connection.stream.close();
    }
    let name = format!("{} {}", P::NAME, tls.name());
    show.step(&name, &told.join(", "));
    Ok(())
}

/// A token past its time is refused, and one refresh mends it on the same connection.
fn expired_token(testbed: &Testbed, tokens: Tokens, show: &Show) -> Result<Tokens, Problem> {
    testbed
        .provider()
        .advance(tokens.life() + Duration::from_secs(1));
    let refused = refusal(testbed, &tokens)?;
    expect(
        refused.rejection().advice() == Advice::RefreshToken,
        "the advice to refresh the token",
    )?;
    show.step("expired token", &refused_with(&refused));
    let fresh = testbed.provider().issue(USER);
    show.step(
        "new token",
        &format!("good for {} s", fresh.life().as_secs()),
    );
    match refused.retry(credentials(&fresh)?, &mut Silent) {
        Ok(Login::Accepted(_)) => show.step("tried again", "in, on the same connection"),
        Ok(Login::Rejected(refused)) => return Err(unexpected(refused.rejection())),
        Err(failure) => return Err(unexpected(&failure)),
    }
    Ok(fresh)
}

/// The user withdraws his consent.
fn revoked_grant(testbed: &Testbed, tokens: &Tokens, show: &Show) -> Result<(), Problem> {
    testbed.provider().revoke_grant(tokens.grant());
    let refused = refusal(testbed, tokens)?;
    expect(
        refused.rejection().reason() == Reason::TokenRejected,
        "a refused token",
    )?;
    show.step("revoked grant", &refused_with(&refused));
    Ok(())
}

fn refusal(testbed: &Testbed, tokens: &Tokens) -> Result<Box<Refused<imap_auth::Imap>>, Problem> {
    let options = imap_auth::Options::new();
    match attempt::<imap_auth::Imap>(testbed, testbed.imap(), TlsMode::Implicit, tokens, options)? {
        Login::Rejected(refused) => Ok(refused),
        Login::Accepted(_) => Err(unexpected("a token that is void was accepted")),
    }
}

fn attempt<P: Protocol>(
    testbed: &Testbed,
    server: &MailServer,
    tls: TlsMode,
    tokens: &Tokens,
    options: P::Options,
) -> Result<Login<P>, Problem> {
    let address = match tls {
        TlsMode::Implicit => Server::implicit_tls("localhost", server.implicit_tls().port()),
        TlsMode::Starttls => Server::starttls("localhost", server.starttls().port()),
        TlsMode::None => return Err(unexpected("nothing is shown in clear")),
    };
    let address = address
        .extra_ca_pem(testbed.authority().pem().as_bytes())
        .map_err(|problem| unexpected(&problem))?;
    login::<P>(&address, credentials(tokens)?, options, &mut Silent)
        .map_err(|failure| unexpected(&failure))
}

fn credentials(tokens: &Tokens) -> Result<Credentials, Problem> {
    Credentials::bearer(USER, tokens.access_token()).map_err(unexpected)
}

fn trips(connection: &Connection) -> String {
    match connection.session.round_trips() {
        1 => "in 1 round trip".into(),
        trips => format!("in {trips} round trips"),
    }
}

fn refused_with<P: Protocol>(refused: &Refused<P>) -> String {
    let rejection = refused.rejection();
    format!(
        "refused: {}; advice: {}",
        rejection.reason().name(),
        rejection.advice().name()
    )
}

fn expect(fits: bool, what: &str) -> Result<(), Problem> {
    if fits {
        Ok(())
    } else {
        Err(unexpected(format_args!("it was not {what}")))
    }
}

fn unexpected(what: impl core::fmt::Display) -> Problem {
    let message = format!("the demonstration went otherwise than it should: {what}");
    Problem::new(Exit::Protocol, "unexpected", message)
}
