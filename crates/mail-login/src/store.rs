//! Where an account's tokens are.

use std::sync::Arc;

use mail_login_tokens::{FileStore, Store};

use crate::{
    config::{self, Account, Config, Store as Kind},
    exit::{Exit, Problem},
};

/// Opens the place. Nothing is read yet.
pub(crate) fn open(
    config: &Config,
    name: &str,
    account: &Account,
) -> Result<Arc<dyn Store>, Problem> {
    match account.store().map_err(|what| config.wrong(name, &what))? {
        Kind::File => {
            let directory = config::state_directory()?.join("accounts");
            Ok(Arc::new(FileStore::new(
                directory.join(format!("{name}.json")),
            )))
        }
        Kind::Keyring => Err(missing("keyring")),
        Kind::Redis(_) => Err(missing("redis")),
    }
}

fn missing(kind: &str) -> Problem {
    let message = format!(
        "this program was built without the store {kind}: set store = \"file\", or leave it out"
    );
    Problem::new(Exit::Settings, "store", message)
}

/// What the store says of itself.
pub(crate) fn unreadable(error: &std::io::Error) -> Problem {
    let message = format!("the tokens cannot be read ({error})");
    Problem::new(Exit::Unreadable, "store-unreadable", message)
}

pub(crate) fn unwritable(detail: Option<String>) -> Problem {
    let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
    let message =
        format!("the tokens cannot be saved{detail}: check rights and space where they are kept");
    Problem::new(Exit::Unwritable, "store-unwritable", message)
}
