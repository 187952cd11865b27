//! What the harness has to know of each protocol.

use sasl_core::{Conformance, Credentials, Endpoint, Mechanism, Service, Settings};

/// A protocol under test.
pub trait Tested: Service {
    /// The options that only this protocol has. `None`: no such option.
    fn option(options: Self::Options, name: &str, value: &str) -> Option<Self::Options>;
    /// The same on the side of the server.
    fn accept_option(
        options: Self::AcceptOptions,
        name: &str,
        value: &str,
    ) -> Option<Self::AcceptOptions>;
    /// Gives up.
    fn cancel(login: &mut Self::Login);
}

impl Tested for imap_auth::Imap {
    fn option(options: Self::Options, name: &str, value: &str) -> Option<Self::Options> {
        Some(match name {
            "assume" => options.assume(value).unwrap(),
            "tag-prefix" => options.tag_prefix(value).unwrap(),
            "allow-preauth" => options.allow_preauth(true),
            "identify" => {
                let fields: Vec<_> = value.split(' ').filter_map(|f| f.split_once('=')).collect();
                options.identify(&fields).unwrap()
            }
            _ => return None,
        })
    }

    fn accept_option(
        options: Self::AcceptOptions,
        name: &str,
        value: &str,
    ) -> Option<Self::AcceptOptions> {
        let (before, after) = value.split_once('/')?;
        (name == "capabilities").then(|| options.capabilities(before, after).unwrap())
    }

    fn cancel(login: &mut Self::Login) {
        login.cancel();
    }
}

impl Tested for smtp_auth::Smtp {
    fn option(options: Self::Options, name: &str, value: &str) -> Option<Self::Options> {
        Some(match name {
            "assume" => options.assume(value).unwrap(),
            "client-name" => options.client_name(value).unwrap(),
            "lmtp" => options.lmtp(true),
            "long-initial-response" => options.long_initial_response(true),
            _ => return None,
        })
    }

    fn accept_option(
        options: Self::AcceptOptions,
        name: &str,
        value: &str,
    ) -> Option<Self::AcceptOptions> {
        Some(match name {
            "extensions" => options.capabilities(&value.replace('/', "\n")).unwrap(),
            "lmtp" => options.lmtp(true),
            "server-name" => options.server_name(value).unwrap(),
            _ => return None,
        })
    }

    fn cancel(login: &mut Self::Login) {
        login.cancel();
    }
}

impl Tested for sieve_auth::Sieve {
    fn option(options: Self::Options, name: &str, value: &str) -> Option<Self::Options> {
        Some(match name {
            "assume" => options.assume(value).unwrap(),
            _ => return None,
        })
    }

    fn accept_option(
        options: Self::AcceptOptions,
        name: &str,
        value: &str,
    ) -> Option<Self::AcceptOptions> {
        (name == "capabilities").then(|| options.capabilities(&value.replace('/', "\n")).unwrap())
    }

    fn cancel(login: &mut Self::Login) {
        login.cancel();
    }
}

/// Options from the lines of a transcript.
pub fn options<P: Tested>(lines: &[String]) -> P::Options {
    let mut settings = Settings::new();
    let mut own = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        settings = match name {
            "strict" => settings.conformance(Conformance::Strict),
            "robust" => settings.conformance(Conformance::Robust),
            "trailing-bits" => settings.allow_trailing_bits(true),
            "no-initial-response" => settings.initial_response(false),
            "force" => settings.force_mechanism(true),
            "mechanisms" => {
                let names = value
                    .split(' ')
                    .map(|name| Mechanism::parse(name.as_bytes()).unwrap());
                settings.mechanisms(&names.collect::<Vec<_>>())
            }
            "endpoint" => {
                let (host, port) = value.rsplit_once(':').unwrap();
                settings.endpoint(Endpoint::new(host, port.parse().unwrap()).unwrap())
            }
            _ => {
                own.push((name, value));
                settings
            }
        };
    }
    own.into_iter()
        .fold(P::Options::from(settings), |options, (name, value)| {
            P::option(options, name, value).unwrap_or_else(|| panic!("no option {name}"))
        })
}

/// `bearer USER TOKEN`, `password USER PASSWORD`, `external [USER]`.
pub fn credentials(line: &str) -> Credentials {
    let words: Vec<_> = line.split(' ').collect();
    match words[..] {
        ["bearer", user, token] => Credentials::bearer(user, token).unwrap(),
        ["bearer-long", user, octets] => {
            Credentials::bearer(user, "t".repeat(octets.parse().unwrap())).unwrap()
        }
        ["password", user, password] => Credentials::password(user, password).unwrap(),
        ["external", user] => Credentials::external(Some(user)).unwrap(),
        ["external"] => Credentials::external(None).unwrap(),
        _ => panic!("credentials: {line}"),
    }
}
