//! Where the token comes from, and where it goes to.

use std::time::Duration;

use mail_login_blocking::{Deadline, Server, SettingsProblem};
use sasl_core::{Advice, Credentials, Rejection};
use token_lifecycle::{Feedback, Generation, Scopes, SignIn};

use crate::{
    cli::{Connection, TlsMode, Try},
    config::Config,
    exit::{Exit, Problem},
    grant::Grant,
    input, last,
    protocol::{self, Known},
    session::{Session, sign_in_with},
};

/// The server, by arguments, or by an account where they say nothing.
pub(super) struct Target {
    pub(super) user: String,
    pub(super) tls: TlsMode,
    host: String,
    port: u16,
    server_name: Option<String>,
    /// The account's extra authorities.
    ca: Option<std::path::PathBuf>,
}

impl Target {
    pub(super) fn new<P: Known>(arguments: &Try, config: Option<&Config>) -> Result<Self, Problem> {
        let named = config.zip(arguments.token.account.as_deref());
        let account = match named {
            Some((config, name)) => Some((config, name, config.account(name)?)),
            None => None,
        };
        // A host of the arguments is another server than the account's.
        let place = account
            .filter(|_| arguments.host.is_none())
            .and_then(|(_, _, account)| account.place(arguments.protocol));
        let host = arguments.host.as_deref();
        let host = host.or_else(|| place.as_ref().map(|place| place.host.as_str()));
        let Some(host) = host else {
            return Err(match account {
                Some((config, name, _)) => {
                    let protocol = P::NAME;
                    let what = format!(
                        "its {protocol} server is not known: add [accounts.{name}.{protocol}] with host, or give --host"
                    );
                    config.wrong(name, &what)
                }
                None => Problem::usage("no server: give --host"),
            });
        };
        let usual = if P::IMPLICIT_TLS_PORT.is_some() {
            TlsMode::Implicit
        } else {
            TlsMode::Starttls
        };
        let of_place = place.as_ref().and_then(|place| place.tls);
        let tls = arguments.tls.or(of_place).unwrap_or(usual);
        if tls == TlsMode::None && !arguments.dangerous_in_clear {
            let why =
                "without TLS the token is sent in clear: add --dangerous-in-clear if that is meant";
            return Err(Problem::usage(why));
        }
        let of_place = place
            .as_ref()
            .and_then(|place| place.port)
            .filter(|_| arguments.tls.is_none() || arguments.tls == of_place);
        let port = arguments.port.or(of_place);
        let user = arguments.user.clone();
        let user = user.or_else(|| account.map(|(_, _, account)| account.user.clone()));
        Ok(Self {
            user: user.ok_or_else(|| Problem::usage("no user: give --user"))?,
            tls,
            host: host.into(),
            port: port.unwrap_or_else(|| protocol::port::<P>(tls)),
            server_name: place.as_ref().and_then(|place| place.server_name.clone()),
            ca: account.and_then(|(config, _, account)| {
                account.ca.as_ref().map(|file| config.resolve(file))
            }),
        })
    }

    pub(super) fn server(&self, connection: &Connection) -> Result<Server, SettingsProblem> {
        let mut server = protocol::server(&self.host, self.port, self.tls, connection)?;
        if let (Some(name), None) = (&self.server_name, &connection.server_name) {
            server = server.server_name(name);
        }
        match &self.ca {
            Some(file) => server.extra_ca_file(file),
            None => Ok(server),
        }
    }
}

/// Where tokens come from.
pub(super) enum Source {
    /// One that was given, and there is no other.
    Given(Option<Credentials>),
    /// As many as are needed.
    Account(Box<AccountSource>),
}

/// The tokens of an account, and what became of them.
pub(super) struct AccountSource {
    session: Session,
    user: String,
    deadline: Deadline,
    name: String,
    /// What the tokens are for, in the words of the configuration.
    asked: String,
    renames_scopes: bool,
    last: Option<Generation>,
    /// What was asked for and not granted.
    missing: Scopes,
    feedback: Option<Feedback>,
}

impl Source {
    pub(super) fn new(
        arguments: &Try,
        config: Option<&Config>,
        user: &str,
        deadline: Deadline,
    ) -> Result<Self, Problem> {
        let Some((config, name)) = config.zip(arguments.token.account.as_deref()) else {
            let given = input::credentials(user, &arguments.token)?;
            return Ok(Self::Given(Some(given)));
        };
        Self::of_account(config, name, user, deadline)
            .inspect_err(|problem| last::remember(name, problem))
    }

    fn of_account(
        config: &Config,
        name: &str,
        user: &str,
        deadline: Deadline,
    ) -> Result<Self, Problem> {
        let grant = Grant::new(config, name, deadline)?;
        let resource = grant.account.resource.as_deref();
        let resource = resource.map_or_else(String::new, |resource| format!(" at {resource}"));
        Ok(Self::Account(Box::new(AccountSource {
            user: user.into(),
            deadline,
            name: name.into(),
            asked: format!("the scope \"{}\"{resource}", grant.scope),
            renames_scopes: grant.provider.is_some_and(|known| known.renames_scopes),
            last: None,
            missing: Scopes::default(),
            feedback: None,
            session: Session::open(config, grant)?,
        })))
    }

    /// A token that is good now.
    pub(super) fn credentials(&mut self) -> Result<Credentials, Problem> {
        match self {
            Self::Given(given) => given
                .take()
                .ok_or_else(|| Problem::usage("the token was used already")),
            Self::Account(account) => account.credentials(),
        }
    }

    /// A server refused it; `None` if there is no other to be had.
    pub(super) fn rejected(&mut self, rejection: &Rejection) -> Option<Feedback> {
        match self {
            Self::Given(_) => None,
            Self::Account(account) => {
                account.feedback = Some(account.session.rejected(account.last?, rejection));
                account.feedback
            }
        }
    }

    /// What the user can do about a refusal, where more is known than the mail server says.
    pub(super) fn remedy(&self, rejection: &Rejection) -> Option<String> {
        match self {
            Self::Given(_) => None,
            Self::Account(account) => account.remedy(rejection),
        }
    }
}

impl AccountSource {
    fn credentials(&mut self) -> Result<Credentials, Problem> {
        let token = self.session.token(Duration::ZERO, self.deadline);
        let token = token.inspect_err(|problem| last::remember(&self.name, problem))?;
        last::forget(&self.name);
        self.last = Some(token.generation());
        self.missing = token.missing();
        Credentials::bearer(&self.user, token.secret().clone())
            .map_err(|error| Problem::new(Exit::Settings, "configuration", error.to_string()))
    }

    fn remedy(&self, rejection: &Rejection) -> Option<String> {
        let sign_in = sign_in_with(&self.name);
        // What the server says of its own accord is better than what follows from it.
        let of_token = matches!(
            rejection.advice(),
            Advice::RefreshToken | Advice::SignInAgain
        );
        if of_token && !self.missing.is_empty() && !self.renames_scopes {
            let missing = &self.missing;
            return Some(format!(
                "the authorization server did not grant \"{missing}\": sign in again and allow it{sign_in}"
            ));
        }
        match self.feedback? {
            Feedback::SignIn => Some(match self.session.trouble() {
                Some(problem) => problem.message,
                // The token is good, though not for this server.
                None => match SignIn::for_refusal(self.last.unwrap_or_default(), rejection) {
                    Some(wanted) => format!("{wanted}{sign_in}"),
                    None => format!("sign in again{sign_in}"),
                },
            }),
            Feedback::AccessRefused if of_token => {
                let (asked, name) = (&self.asked, &self.name);
                Some(format!(
                    "a new token is refused as well: tokens are asked for {asked}, and this server may want another scope or resource, or another user; correct [accounts.{name}] and sign in again{sign_in}"
                ))
            }
            Feedback::AccessRefused | Feedback::Retry | Feedback::Wait => None,
        }
    }
}
