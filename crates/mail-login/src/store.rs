//! Where an account's tokens are.

mod damaged;
#[cfg(all(unix, feature = "keyring"))]
mod keyring;
mod watched;

use std::{fmt::Display, path::PathBuf, sync::Arc};

#[cfg(unix)]
use mail_login_tokens::FileStore;
use mail_login_tokens::Store;

use crate::{
    config::{self, Account, Config, Store as Kind},
    exit::{Exit, Problem},
};
pub(crate) use damaged::Damaged;
pub(crate) use watched::{Troubles, Watched};

/// Opens the place. Nothing is read yet.
pub(crate) fn open(
    config: &Config,
    name: &str,
    account: &Account,
) -> Result<Arc<dyn Store>, Problem> {
    match account.store().map_err(|what| config.wrong(name, &what))? {
        #[cfg(not(unix))]
        Kind::File => Err(missing("file")),
        #[cfg(unix)]
        Kind::File => Ok(Arc::new(FileStore::new(file(name)?))),
        #[cfg(not(all(unix, feature = "keyring")))]
        Kind::Keyring => Err(missing("keyring")),
        #[cfg(all(unix, feature = "keyring"))]
        Kind::Keyring => {
            let directory = config::state_directory()?.join("accounts");
            Ok(Arc::new(keyring::Keyring::new(name, &directory)))
        }
        #[cfg(not(feature = "redis"))]
        Kind::Redis(_) => Err(missing("redis")),
        #[cfg(feature = "redis")]
        Kind::Redis(url) => redis(config, name, account, &url),
    }
}

/// Where the tokens are that are in a file.
fn file(name: &str) -> Result<PathBuf, Problem> {
    let directory = config::state_directory()?.join("accounts");
    Ok(directory.join(format!("{name}.json")))
}

#[cfg(feature = "redis")]
fn redis(
    config: &Config,
    name: &str,
    account: &Account,
    url: &str,
) -> Result<Arc<dyn Store>, Problem> {
    use mail_login_tokens::redis::{Redis, RedisServer};

    let wrong = |what: String| config.wrong(name, &format!("store: {what}"));
    let mut server = RedisServer::new(url).map_err(|error| wrong(error.to_string()))?;
    if let Some(file) = &account.ca {
        server = server
            .extra_ca_file(config.resolve(file))
            .map_err(|problem| wrong(problem.to_string()))?;
    }
    // The same on every machine that has the same account.
    let source = [&account.provider, &account.issuer, &account.token_endpoint]
        .into_iter()
        .flatten()
        .next();
    let grant = format!(
        "{}\n{}\n{}\n{name}",
        source.map_or("", String::as_str),
        account.client_id,
        account.user
    );
    let store = Redis::new(server).store(&grant);
    Ok(Arc::new(store.map_err(crate::grant::no_randomness)?))
}

#[cfg(not(all(unix, feature = "keyring", feature = "redis")))]
fn missing(kind: &str) -> Problem {
    let message =
        format!("this program was built without the store {kind}: set another one in the account");
    Problem::new(Exit::Settings, "store", message)
}

/// What the store says of itself.
pub(crate) fn unreadable(error: impl Display) -> Problem {
    let message = format!("the tokens cannot be read ({error})");
    Problem::new(Exit::Unreadable, "store-unreadable", message)
}

pub(crate) fn unwritable(detail: &str) -> Problem {
    let detail = match detail {
        "" => String::new(),
        detail => format!(" ({detail})"),
    };
    let message =
        format!("the tokens cannot be saved{detail}: check rights and space where they are kept");
    Problem::new(Exit::Unwritable, "store-unwritable", message)
}
