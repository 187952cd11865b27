//! The three protocols under one roof: options from arguments.

use mail_login_blocking::Server;
use sasl_core::{Invalid, Mechanism, Protocol, Settings};

use crate::cli::{Connection, MechanismChoice, TlsMode, Try};

/// What the tool has to know of a protocol beyond what a driver knows.
pub(crate) trait Known: Protocol<Login: Send> + 'static {
    /// The options that only this protocol has.
    fn options(settings: Settings, arguments: &Try) -> Result<Self::Options, Invalid>;
}

impl Known for imap_auth::Imap {
    fn options(settings: Settings, arguments: &Try) -> Result<Self::Options, Invalid> {
        let options = Self::Options::from(settings);
        match &arguments.assume {
            Some(list) => options.assume(list),
            None => Ok(options),
        }
    }
}

impl Known for smtp_auth::Smtp {
    fn options(settings: Settings, arguments: &Try) -> Result<Self::Options, Invalid> {
        let mut options = Self::Options::from(settings);
        if let Some(name) = &arguments.client_name {
            options = options.client_name(name)?;
        }
        match &arguments.assume {
            Some(list) => options.assume(list),
            None => Ok(options),
        }
    }
}

impl Known for sieve_auth::Sieve {
    fn options(settings: Settings, arguments: &Try) -> Result<Self::Options, Invalid> {
        let options = Self::Options::from(settings);
        match &arguments.assume {
            Some(list) => options.assume(list),
            None => Ok(options),
        }
    }
}

pub(crate) fn settings(arguments: &Try) -> Settings {
    let settings = Settings::new().initial_response(!arguments.no_initial_response);
    match arguments.mechanism {
        MechanismChoice::Auto => settings,
        MechanismChoice::Oauthbearer => settings.mechanisms(&[Mechanism::OAuthBearer]),
        MechanismChoice::Xoauth2 => settings.mechanisms(&[Mechanism::XOAuth2]),
    }
}

/// The server, with everything the connection arguments say.
pub(crate) fn server(
    host: &str,
    port: u16,
    tls: TlsMode,
    connection: &Connection,
) -> Result<Server, mail_login_blocking::SettingsProblem> {
    let mut server = match tls {
        TlsMode::Implicit => Server::implicit_tls(host, port),
        TlsMode::Starttls => Server::starttls(host, port),
        TlsMode::None => Server::dangerous_in_clear(host, port),
    };
    if let Some(name) = &connection.server_name {
        server = server.server_name(name);
    }
    if let Some(file) = &connection.ca {
        server = server.extra_ca_file(file)?;
    }
    if let Some(address) = connection.bind {
        server = server.bind(address);
    }
    Ok(server.timeout(connection.timeout))
}

/// The usual port.
pub(crate) fn port<P: Protocol>(tls: TlsMode) -> u16 {
    match tls {
        // ManageSieve has no port of its own for TLS; where somebody offers that, it is the same.
        TlsMode::Implicit => P::IMPLICIT_TLS_PORT.unwrap_or(P::STARTTLS_PORT),
        TlsMode::Starttls | TlsMode::None => P::STARTTLS_PORT,
    }
}
