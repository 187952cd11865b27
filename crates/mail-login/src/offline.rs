//! What the tokens that are kept are good for, without asking anybody: no network, no client secret.

use std::time::Duration;

use mail_login_tokens::{Status, clock};
use token_lifecycle::{AccessToken, Action, Lifecycle, Options, Unavailable};

use crate::{
    config::{Account, Config, Grant as Renewal},
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

/// Whether new tokens can be had without the user.
pub(crate) fn is_renewable(config: &Config, name: &str) -> Result<bool, Problem> {
    let repeatable = config.account(name)?.grant == Renewal::ClientCredentials;
    let lifecycle = lifecycle(config, name)?;
    Ok(repeatable || Status::of(&lifecycle).is_signed_in)
}

/// The token that is there, if it is good for so long, though it should be refreshed.
pub(crate) fn still_good(config: &Config, name: &str, min_valid: Duration) -> Option<AccessToken> {
    let account = config.account(name).ok()?;
    let mut lifecycle = lifecycle(config, name).ok()?;
    next(&mut lifecycle);
    let now = clock::now();
    // Whoever must sign in, or has the tokens of another client, is not helped by an old token.
    match lifecycle.token(now, min_valid) {
        Ok(_) | Err(Unavailable::Temporary { .. }) => {}
        Err(_) => return None,
    }
    let audience = account.audience_by(account.grant);
    let mut tokens = lifecycle.record()?.access().iter();
    let token = tokens.find(|token| *token.audience() == audience)?;
    let needed = min_valid.max(LAST);
    let good = token
        .expires_at()
        .is_none_or(|end| end.since(now.wall) >= needed);
    good.then(|| token.clone())
}

/// In the last seconds of its life a token may expire on its way.
const LAST: Duration = Duration::from_secs(10);

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
