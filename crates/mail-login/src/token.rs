//! `token`: prints a token that is good now.

use std::{process::ExitCode, time::Duration};

use mail_login_blocking::Deadline;
use mail_login_tokens::clock;
use sasl_core::{Credentials, Endpoint, Mechanism, Response};
use token_lifecycle::AccessToken;
use zeroize::Zeroizing;

use crate::{
    cli::{Format, GetToken, Protocol, TlsMode},
    config::{Account, Config},
    exit::{Exit, Problem},
    grant::Grant,
    last, offline,
    session::{Session, sign_in_with},
    terminal::{fail, note, print_secret},
    time,
};

pub(crate) fn run(arguments: &GetToken) -> ExitCode {
    match get(arguments) {
        Ok(text) => print_secret(text.as_bytes()),
        Err(problem) => fail(arguments.common.json, &problem),
    }
}

fn get(arguments: &GetToken) -> Result<Zeroizing<String>, Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    let account = config.account(&arguments.name)?;
    let min_valid = Duration::from_secs(arguments.min_valid);
    // Most calls end here, and disturb neither the network nor whoever keeps the client's secret.
    let (token, trouble) = match offline::token(&config, &arguments.name, min_valid)? {
        Some(token) => (token, None),
        None => new_token(arguments, &config, min_valid)
            .or_else(|problem| stored_token(arguments, &config, min_valid, problem))
            .inspect_err(|problem| last::remember(&arguments.name, problem))?,
    };
    check_length(arguments, &config, &token)
        .inspect_err(|problem| last::remember(&arguments.name, problem))?;
    match trouble {
        None => last::forget(&arguments.name),
        Some(problem) => {
            last::remember(&arguments.name, &problem);
            let left = left(&token).map_or_else(String::new, |left| {
                format!(", and is good for {}", time::span(left.as_secs()))
            });
            note(format_args!(
                "note: this is the token that was there{left}; there is no new one: {}",
                problem.message
            ));
        }
    }
    let format = if arguments.common.json {
        Format::Json
    } else {
        arguments.format
    };
    let mut text = match format {
        Format::Raw => Zeroizing::new(token.secret().expose().to_owned()),
        Format::Json => json(account, &token),
        Format::Xoauth2 => message(account, &token, Mechanism::XOAuth2)?,
        Format::Oauthbearer => message(account, &token, Mechanism::OAuthBearer)?,
    };
    text.push('\n');
    Ok(text)
}

/// A token, and why there is no newer one, if that was tried.
type Got = (AccessToken, Option<Problem>);

fn new_token(arguments: &GetToken, config: &Config, min_valid: Duration) -> Result<Got, Problem> {
    let deadline = Deadline::after(arguments.timeout);
    let session = Session::open(config, Grant::new(config, &arguments.name, deadline)?)?;
    let _waiting = session.waiting("a token", arguments.timeout, arguments.common.json);
    session.fresh_token(min_valid, deadline)
}

/// There is no new token, and the user cannot help: what is there may be good for long enough.
fn stored_token(
    arguments: &GetToken,
    config: &Config,
    min_valid: Duration,
    problem: Problem,
) -> Result<Got, Problem> {
    if problem.exit == Exit::Refused {
        return Err(problem);
    }
    match offline::still_good(config, &arguments.name, min_valid) {
        Some(token) => Ok((token, Some(problem))),
        None => Err(problem),
    }
}

/// Whether it is good for as long as was asked for. There may be none that is: whoever can have another
/// one gets what there is, and is told.
fn check_length(arguments: &GetToken, config: &Config, token: &AccessToken) -> Result<(), Problem> {
    let wanted = Duration::from_secs(arguments.min_valid);
    let Some(left) = left(token).filter(|left| *left < wanted) else {
        return Ok(());
    };
    let left = time::span(left.as_secs());
    if offline::is_renewable(config, &arguments.name)? {
        note(format_args!(
            "note: this token is good for {left}, and not for {}: the server gives none that is good for longer",
            time::span(arguments.min_valid)
        ));
        return Ok(());
    }
    let message = format!(
        "the token is good for {left} only, and cannot be renewed: sign in again{}",
        sign_in_with(&arguments.name)
    );
    Err(Problem::new(Exit::Refused, "no-refresh-token", message))
}

/// How long a token is good for, where that is known.
fn left(token: &AccessToken) -> Option<Duration> {
    token.expires_at().map(|at| at.since(clock::now().wall))
}

/// A token has no character that JSON would write otherwise.
fn json(account: &Account, token: &AccessToken) -> Zeroizing<String> {
    let expires = token.expires_at();
    let left = left(token).map(|left| left.as_secs());
    let user = serde_json::Value::from(account.user.as_str());
    let number =
        |number: Option<u64>| number.map_or_else(|| "null".into(), |number| number.to_string());
    Zeroizing::new(format!(
        r#"{{"v":1,"result":"token","user":{user},"token_type":"Bearer","access_token":"{}","expires_at":{},"expires_in":{}}}"#,
        token.secret().expose(),
        number(expires.map(|at| at.as_secs())),
        number(left),
    ))
}

/// The first message of a mechanism, as programs send it that know nothing but Base64. The host in it
/// is that of the account's IMAP server; servers that were seen so far do not look at it.
fn message(
    account: &Account,
    token: &AccessToken,
    mechanism: Mechanism,
) -> Result<Zeroizing<String>, Problem> {
    let wrong = |error: sasl_core::Invalid| {
        Problem::new(Exit::Settings, "configuration", error.to_string())
    };
    let credentials = Credentials::bearer(&account.user, token.secret().clone()).map_err(wrong)?;
    let endpoint = account.place(Protocol::Imap).and_then(|place| {
        let port = place.port.unwrap_or(match place.tls {
            Some(TlsMode::Starttls | TlsMode::None) => 143,
            Some(TlsMode::Implicit) | None => 993,
        });
        Endpoint::new(&place.host, port).ok()
    });
    let message = Response::new(&credentials, mechanism, endpoint.as_ref());
    let octets = Zeroizing::new(message.map(|message| message.to_vec()).unwrap_or_default());
    Ok(Zeroizing::new(
        String::from_utf8_lossy(&octets).into_owned(),
    ))
}
