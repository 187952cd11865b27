//! The steps of the demonstration. Each fails unless it went as it should.

use std::time::Duration;

use mail_login_blocking::{Connection, Deadline, Login, Refused, Server, Silent, login};
use mail_testbed::{MailServer, Testbed};
use sasl_core::{Credentials, Mechanism, Protocol, Settings};
use token_lifecycle::{AccessToken, Feedback, SignInReason};

use super::{USER, show::Show, sign_in::sign_in};
use crate::{
    cli::TlsMode,
    exit::{Exit, Problem},
    session::Session,
};

/// The mechanisms that are shown.
const MECHANISMS: [Mechanism; 2] = [Mechanism::OAuthBearer, Mechanism::XOAuth2];

pub(super) fn all(testbed: &Testbed, show: &Show) -> Result<(), Problem> {
    let session = sign_in(testbed)?;
    let token = token(&session)?;
    let life = life(&token);
    show.step(
        "signed in",
        &format!("{USER}, in a browser: a token for {life} s"),
    );
    for tls in [TlsMode::Implicit, TlsMode::Starttls] {
        both_mechanisms::<imap_auth::Imap>(testbed, testbed.imap(), tls, &token, show)?;
        both_mechanisms::<smtp_auth::Smtp>(testbed, testbed.smtp(), tls, &token, show)?;
        both_mechanisms::<sieve_auth::Sieve>(testbed, testbed.sieve(), tls, &token, show)?;
    }
    let token = expired_token(testbed, &session, &token, show)?;
    revoked_grant(testbed, &session, &token, show)
}

fn token(session: &Session) -> Result<AccessToken, Problem> {
    session.token(Duration::ZERO, Deadline::after(Duration::from_secs(10)))
}

fn life(token: &AccessToken) -> u64 {
    let end = token.expires_at();
    end.map_or(0, |end| end.since(token.issued_at()).as_secs())
}

/// One login by each mechanism.
fn both_mechanisms<P: Protocol>(
    testbed: &Testbed,
    server: &MailServer,
    tls: TlsMode,
    token: &AccessToken,
    show: &Show,
) -> Result<(), Problem> {
    let mut told = Vec::new();
    for mechanism in MECHANISMS {
        let options = P::Options::from(Settings::new().mechanisms(&[mechanism]));
        let connection = match attempt::<P>(testbed, server, tls, token, options)? {
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
fn expired_token(
    testbed: &Testbed,
    session: &Session,
    old: &AccessToken,
    show: &Show,
) -> Result<AccessToken, Problem> {
    testbed
        .provider()
        .advance(Duration::from_secs(life(old) + 1));
    let refused = refusal(testbed, old)?;
    show.step("expired token", &refused_with(&refused));
    let feedback = session.rejected(old.generation(), refused.rejection());
    expect(feedback == Feedback::Retry, "to try again with a new token")?;
    let fresh = token(session)?;
    expect(
        testbed.provider().refreshes() == 1,
        "followed by one refresh",
    )?;
    show.step(
        "refreshed",
        &format!("once, by the refresh token: a token for {} s", life(&fresh)),
    );
    match refused.retry(credentials(&fresh)?, &mut Silent) {
        Ok(Login::Accepted(_)) => show.step("tried again", "in, on the same connection"),
        Ok(Login::Rejected(refused)) => return Err(unexpected(refused.rejection())),
        Err(failure) => return Err(unexpected(&failure)),
    }
    Ok(fresh)
}

/// The user withdraws his consent: nothing but a new sign-in helps.
fn revoked_grant(
    testbed: &Testbed,
    session: &Session,
    old: &AccessToken,
    show: &Show,
) -> Result<(), Problem> {
    testbed.provider().revoke_user(USER);
    let refused = refusal(testbed, old)?;
    show.step("revoked grant", &refused_with(&refused));
    let feedback = session.rejected(old.generation(), refused.rejection());
    expect(feedback == Feedback::Retry, "to try again with a new token")?;
    match token(session) {
        Ok(_) => Err(unexpected("a grant that was revoked gave a token")),
        Err(problem) => {
            expect(
                problem.kind == SignInReason::Rejected.name(),
                "to sign in again",
            )?;
            show.step(
                "sign in again",
                "the refresh token is refused too (invalid_grant)",
            );
            Ok(())
        }
    }
}

fn refusal(
    testbed: &Testbed,
    token: &AccessToken,
) -> Result<Box<Refused<imap_auth::Imap>>, Problem> {
    let options = imap_auth::Options::new();
    match attempt::<imap_auth::Imap>(testbed, testbed.imap(), TlsMode::Implicit, token, options)? {
        Login::Rejected(refused) => Ok(refused),
        Login::Accepted(_) => Err(unexpected("a token that is void was accepted")),
    }
}

fn attempt<P: Protocol>(
    testbed: &Testbed,
    server: &MailServer,
    tls: TlsMode,
    token: &AccessToken,
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
    login::<P>(&address, credentials(token)?, options, &mut Silent)
        .map_err(|failure| unexpected(&failure))
}

fn credentials(token: &AccessToken) -> Result<Credentials, Problem> {
    Credentials::bearer(USER, token.secret().clone()).map_err(unexpected)
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

pub(super) fn unexpected(what: impl core::fmt::Display) -> Problem {
    let message = format!("the demonstration went otherwise than it should: {what}");
    Problem::new(Exit::Protocol, "unexpected", message)
}
