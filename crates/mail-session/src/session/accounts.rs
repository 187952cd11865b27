//! The mailboxes of a session.

use alloc::{sync::Arc, vec::Vec};
use core::time::Duration;

use mail_login_tokens::TokenError;
use mail_login_tokio::Deadline;
use token_lifecycle::Tokens;

use super::{Inner, Session, write::NotWritten};
use crate::{
    Account, AccountKind, Outcome,
    outcome::Verdict,
    record::{ACCOUNTS, is_name},
};

/// How long it waits until all is stored.
const TIME: Duration = Duration::from_secs(15);

impl Session {
    /// Adds a mailbox, on all nodes. An external one comes with its tokens; adding it again replaces
    /// them, which is how a user signs in to it anew.
    ///
    /// # Errors
    ///
    /// When the account has an impossible name or an unknown provider, or nothing can be stored.
    pub async fn add_account(
        &self,
        account: Account,
        tokens: Option<Tokens>,
    ) -> Result<(), AccountError> {
        self.0.fits(&account, tokens.is_some())?;
        let add = |accounts: &mut Vec<Account>, revision| {
            let replaced = take(accounts, account.id());
            let added = account.added_in(revision);
            accounts.push(added.clone());
            (accounts.len() <= ACCOUNTS).then_some((replaced, added))
        };
        let (replaced, added) = self.0.write_accounts(add).await?;
        if let Some(replaced) = replaced {
            self.0.give_up_account(&replaced, &added);
        }
        let Some(tokens) = tokens else { return Ok(()) };
        // By what was written: another node may have written something else since.
        let keeper = self.0.external(&added);
        let keeper = keeper.ok_or(AccountError::UnknownProvider)?;
        Ok(keeper.sign_in(tokens, Deadline::after(TIME)).await?)
    }

    /// Removes a mailbox, on all nodes, and deletes and revokes the tokens that it alone had.
    ///
    /// # Errors
    ///
    /// When it is the user's own, or nothing can be stored.
    pub async fn remove_account(&self, id: &str) -> Result<(), AccountError> {
        if id == Account::PRIMARY {
            return Err(AccountError::Primary);
        }
        let removed = self
            .0
            .write_accounts(|accounts, _| Some(take(accounts, id)))
            .await?;
        if let Some(removed) = removed.filter(|removed| removed.kind() == AccountKind::External) {
            if let Some(keeper) = self.0.external(&removed) {
                self.0.give_up(keeper);
            }
            self.0.rest().drop_keepers();
        }
        Ok(())
    }

    /// What a request for an account can count on. The end of an external account ends nothing else:
    /// it is shown as one where the user has to sign in again. `None`: there is no such account.
    pub async fn checked_account(&self, id: &str) -> Option<Outcome> {
        self.0.look_first().await;
        if let Some(ended) = self.is_over() {
            return Some(Outcome::SignIn(Arc::clone(ended)));
        }
        let account = self.0.account(id)?;
        match account.kind() {
            AccountKind::Primary | AccountKind::Secondary => Some(self.checked().await),
            AccountKind::External => {
                let outcome = self.0.checked_external(&account).await?;
                if outcome.goes_on() || matches!(outcome, Outcome::Unavailable(_)) {
                    return Some(outcome);
                }
                // The user may have signed in to it anew on another node.
                self.0.look_now().await;
                let now = self.0.account(id)?;
                match now.shares_grant(&account) {
                    true => Some(outcome),
                    false => self.0.checked_external(&now).await,
                }
            }
        }
    }
}

impl Inner {
    async fn checked_external(self: &Arc<Self>, account: &Account) -> Option<Outcome> {
        let keeper = self.external(account)?;
        let token = keeper.token(Duration::ZERO, self.wait()).await;
        let Err(error) = token else {
            return Some(Outcome::of_good(&keeper));
        };
        Some(match Verdict::of(&error) {
            Verdict::Wait(wait) | Verdict::Misconfigured(wait) => Outcome::Unavailable(wait),
            Verdict::End(ended) => Outcome::SignIn(Arc::new(ended)),
        })
    }

    /// The tokens of an account that has made room for another one are deleted. They are taken back at the
    /// provider as well, unless the new ones are of the same: there are providers that take back all that the
    /// user has allowed, whichever of its tokens they are shown.
    fn give_up_account(self: &Arc<Self>, replaced: &Account, added: &Account) {
        match replaced.kind() {
            AccountKind::Primary | AccountKind::Secondary => return,
            AccountKind::External if replaced.provider() == added.provider() => {
                if let Some(keeper) = self.without_revocation(replaced) {
                    self.give_up(keeper);
                }
            }
            AccountKind::External => {
                if let Some(keeper) = self.external(replaced) {
                    self.give_up(keeper);
                }
            }
        }
        self.rest().drop_keepers();
    }

    fn fits(&self, account: &Account, has_tokens: bool) -> Result<(), AccountError> {
        if account.id() == Account::PRIMARY || account.kind() == AccountKind::Primary {
            return Err(AccountError::Primary);
        }
        if !is_name(account.id()) {
            return Err(AccountError::Name);
        }
        if has_tokens && account.kind() != AccountKind::External {
            return Err(AccountError::NotExternal);
        }
        let shared = self.shared.upgrade();
        let known = shared.is_some_and(|shared| shared.grant_of(account).is_some());
        if known {
            Ok(())
        } else {
            Err(AccountError::UnknownProvider)
        }
    }

    /// Changes the accounts, on all nodes, in the revision that is told.
    async fn write_accounts<T>(
        &self,
        change: impl Fn(&mut Vec<Account>, u64) -> Option<T>,
    ) -> Result<T, AccountError> {
        let shared = self.shared.upgrade().ok_or(AccountError::NotStored)?;
        let written = self.write(&shared, |record| {
            if record.ended.is_some() {
                return Err(AccountError::Ended);
            }
            let revision = record.revision.saturating_add(1);
            change(&mut record.accounts, revision).ok_or(AccountError::TooMany)
        });
        let (record, changed) = written.await.map_err(|why| match why {
            NotWritten::Refused(why) => why,
            NotWritten::Unreadable | NotWritten::Failed => AccountError::NotStored,
        })?;
        self.rest().adopt(record);
        Ok(changed)
    }
}

fn take(accounts: &mut Vec<Account>, id: &str) -> Option<Account> {
    let place = accounts.iter().position(|known| known.id() == id)?;
    Some(accounts.remove(place))
}

/// Why an account is not added or removed.
///
/// ```
/// assert!(mail_session::AccountError::TooMany.to_string().contains("64"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The session has ended.
    #[error("the session has ended: sign in again")]
    Ended,
    /// Its name has an impossible form.
    #[error("an account's name is 1 to 64 letters, digits and characters of -_.@+")]
    Name,
    /// It has the tokens of the session.
    #[error("only an external account has tokens of its own")]
    NotExternal,
    /// The session could not be stored, or cannot be read.
    #[error("the session could not be stored: try again later")]
    NotStored,
    /// It is the user's own mailbox.
    #[error("the user's own mailbox belongs to the session: sign out instead")]
    Primary,
    /// The tokens could not be stored.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// There are too many.
    #[error("a session has 64 accounts at most: remove one")]
    TooMany,
    /// Nobody knows its provider.
    #[error("there is no provider of this name: add it to the settings")]
    UnknownProvider,
}
