//! What the tokens that are kept are good for, without asking anybody: no network, no client secret.

use std::time::Duration;

use mail_login_tokens::clock;
use token_lifecycle::{AccessToken, Action, Lifecycle, Options};

use crate::{
    config::{Account, Config},
    exit::Problem,
    session::ends_soon,
    store,
};

/// A machine that has read the record, and will do nothing else.
pub(crate) fn lifecycle(config: &Config, name: &str) -> Result<Lifecycle, Problem> {
    let account = config.account(name)?;
    let store = store::open(config, name, account)?;
    let record = store.load().map_err(|error| store::unreadable(&error))?;
    let mut lifecycle = Lifecycle::new(options(account));
    let now = clock::now();
    // It begins by asking for the record.
    let asks = matches!(lifecycle.poll(now), Action::Load);
    debug_assert!(asks);
    lifecycle.handle_loaded(now, record);
    Ok(lifecycle)
}

/// A token that is good for so long, and need not be refreshed yet.
pub(crate) fn token(
    config: &Config,
    name: &str,
    min_valid: Duration,
) -> Result<Option<AccessToken>, Problem> {
    let mut lifecycle = lifecycle(config, name)?;
    next(&mut lifecycle);
    let token = lifecycle.token(clock::now(), min_valid).ok().cloned();
    Ok(token.filter(|token| token.expires_at().is_some() && !ends_soon(token)))
}

/// The same audience as the commands have that ask for tokens, so that the record fits.
pub(crate) fn options(account: &Account) -> Options {
    Options::new("status", account.audience_by(account.grant))
        .with_client_id(&account.client_id)
        .with_renewal(account.grant.kind())
}

/// How long the machine would rest now; nothing if it would not.
pub(crate) fn next(lifecycle: &mut Lifecycle) -> Option<Duration> {
    for _ in 0..64 {
        match lifecycle.poll(clock::now()) {
            Action::Event(_) | Action::SignIn(_) => {}
            Action::Wait(time) => return Some(time),
            _ => return Some(Duration::ZERO),
        }
    }
    None
}
