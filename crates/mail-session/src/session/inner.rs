//! What a node holds of a session.

use alloc::{
    format,
    string::{String, ToString},
    sync::{Arc, Weak},
    vec::Vec,
};
use core::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use std::{
    io,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use mail_login_tokens::{
    Notice,
    clock::{self, millis},
};
use mail_login_tokio::{Deadline, tokens::Keeper};
use token_lifecycle::{Event, SignIn, SignInReason};
use tokio::sync::Notify;

use crate::{
    Account, AccountKind, Change, Ended, Fact, SessionKey, User, record::SessionRecord,
    sessions::Shared,
};

pub(crate) struct Inner {
    pub(crate) key: SessionKey,
    pub(crate) user: User,
    pub(crate) created: u64,
    pub(crate) shared: Weak<Shared>,
    pub(crate) wait: Duration,
    pub(crate) look: u64,
    /// The tokens of the user's own mailbox.
    pub(crate) keeper: Keeper,
    pub(crate) ended: OnceLock<Arc<Ended>>,
    /// When it was compared with its place, and when it was used, in milliseconds by the boot clock.
    pub(crate) looked: AtomicU64,
    pub(crate) used: AtomicU64,
    /// When that comparison was tried, whether it is under way, and who waits for it.
    pub(crate) tried: AtomicU64,
    pub(crate) looking: AtomicBool,
    pub(crate) has_looked: Notify,
    /// It has ended, and its place has still to be told.
    pub(crate) unwritten: AtomicBool,
    rest: Mutex<Rest>,
}

/// What is not needed for each request.
pub(crate) struct Rest {
    pub(crate) record: SessionRecord,
    /// Keepers of external accounts, made when they are needed.
    pub(crate) keepers: Vec<(Account, Keeper)>,
}

impl Rest {
    /// Takes over what is stored, if it is newer.
    pub(crate) fn adopt(&mut self, record: SessionRecord) {
        if record.revision <= self.record.revision {
            return;
        }
        self.record = record;
        self.drop_keepers();
    }

    /// Those of accounts that are gone; whoever still has work to do holds his own.
    pub(crate) fn drop_keepers(&mut self) {
        let accounts = &self.record.accounts;
        let stays = |old: &Account| accounts.iter().any(|account| account.shares_grant(old));
        self.keepers.retain(|(old, _)| stays(old));
    }
}

impl Inner {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        key: SessionKey,
        record: SessionRecord,
    ) -> io::Result<Arc<Self>> {
        let primary = Account::primary();
        let store = shared.places.grant(&shared.place_of(key, &primary))?;
        let now = millis(clock::boot());
        Ok(Arc::new_cyclic(|inner: &Weak<Self>| {
            let ended = OnceLock::new();
            if let Some(how) = record.ended.clone() {
                // Just made: nobody else has set it.
                let _ = ended.set(Arc::new(how));
            }
            let watch = watch(Weak::clone(inner), &primary);
            let grant = Arc::clone(&shared.grant);
            Self {
                key,
                user: record.user.clone(),
                created: record.created,
                shared: Arc::downgrade(shared),
                wait: shared.settings.tokens.wait,
                look: millis(shared.settings.sessions.look),
                keeper: shared.keepers.add_watched(grant, store, watch),
                ended,
                looked: AtomicU64::new(now),
                used: AtomicU64::new(now),
                tried: AtomicU64::new(now),
                looking: AtomicBool::new(false),
                has_looked: Notify::new(),
                unwritten: AtomicBool::new(false),
                rest: Mutex::new(Rest {
                    record,
                    keepers: Vec::new(),
                }),
            }
        }))
    }

    pub(crate) fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.rest().record.accounts.clone()
    }

    pub(crate) fn account(&self, id: &str) -> Option<Account> {
        let rest = self.rest();
        let mut accounts = rest.record.accounts.iter();
        accounts.find(|account| account.id() == id).cloned()
    }

    /// The keeper of the tokens by which this account is reached.
    pub(crate) fn keeper_of(self: &Arc<Self>, id: &str) -> Option<Keeper> {
        let account = self.account(id)?;
        match account.kind() {
            AccountKind::Primary | AccountKind::Secondary => Some(self.keeper.clone()),
            AccountKind::External => self.external(&account),
        }
    }

    /// The keeper of the tokens of an external account.
    pub(crate) fn external(self: &Arc<Self>, account: &Account) -> Option<Keeper> {
        let shared = self.shared.upgrade()?;
        let grant = Arc::clone(shared.grant_of(account)?);
        let mut rest = self.rest();
        let mut known = rest.keepers.iter();
        if let Some((_, keeper)) = known.find(|(known, _)| known.shares_grant(account)) {
            return Some(keeper.clone());
        }
        let store = shared
            .places
            .grant(&shared.place_of(self.key, account))
            .ok()?;
        let watch = watch(Arc::downgrade(self), account);
        let keeper = shared.keepers.add_watched(grant, store, watch);
        rest.keepers.push((account.clone(), keeper.clone()));
        Some(keeper)
    }

    /// Another one, by which they are deleted and not taken back at the provider.
    pub(crate) fn without_revocation(&self, account: &Account) -> Option<Keeper> {
        let shared = self.shared.upgrade()?;
        let grant = shared.grant_of(account)?.as_ref().clone();
        let place = shared.place_of(self.key, account);
        let store = shared.places.grant(&place).ok()?;
        let grant = Arc::new(grant.without_revocation());
        Some(shared.keepers.add_watched(grant, store, |_| {}))
    }

    /// How long a request waits.
    pub(crate) fn wait(&self) -> Deadline {
        Deadline::after(self.wait)
    }

    /// Whether it may leave the memory: nobody uses it, and nothing of it is unsaved.
    pub(crate) fn may_leave(&self, now: Duration, idle: Duration) -> bool {
        let used = Duration::from_millis(self.used.load(Ordering::Relaxed));
        if now.saturating_sub(used) <= idle {
            return false;
        }
        let rest = self.rest();
        let external = rest.keepers.iter().map(|(_, keeper)| keeper);
        let mut keepers = external.chain([&self.keeper]);
        !keepers.any(|keeper| keeper.status().is_unsaved)
    }

    pub(crate) fn tell(&self, fact: &Fact<'_>) {
        if let Some(shared) = self.shared.upgrade() {
            shared.tell(fact);
        }
    }

    pub(crate) fn announce(&self, change: Change) {
        if let Some(shared) = self.shared.upgrade() {
            // Nobody may be listening.
            let _ = shared.changes.send(change);
        }
    }

    /// The keeper of an account has something to tell.
    fn hear(self: &Arc<Self>, account: &str, kind: AccountKind, notice: &Notice) {
        self.tell(&Fact::Tokens {
            session: self.key,
            account,
            notice,
        });
        match notice {
            Notice::Event(event) => self.hear_event(account, event),
            Notice::SignIn(sign_in) => self.hear_end(account, kind, sign_in),
            Notice::Problem(_) => {}
        }
    }

    fn hear_event(&self, account: &str, event: &Event) {
        // Nothing else is of interest to connections.
        if let Event::Adopted { generation }
        | Event::Refreshed { generation, .. }
        | Event::Restored { generation } = event
        {
            self.announce(Change::Renewed {
                session: self.key,
                account: account.into(),
                generation: *generation,
            });
        }
    }

    /// Sessions end although nobody asks for a token now, so that pools hear of it.
    fn hear_end(self: &Arc<Self>, account: &str, kind: AccountKind, sign_in: &SignIn) {
        // A server that wants more than was allowed ends nothing: whoever was refused hears of it.
        if sign_in.reason == SignInReason::ConsentMissing {
            return;
        }
        match kind {
            AccountKind::Primary | AccountKind::Secondary => {
                // Before anybody has signed in there is nothing to end.
                if sign_in.generation.get() == 0 || self.keeper.is_fresh() {
                    return;
                }
                let Some(shared) = self.shared.upgrade() else {
                    return;
                };
                let (inner, ended) = (Arc::clone(self), Ended::by(sign_in));
                shared.runtime.spawn(async move {
                    inner.check_end(ended).await;
                });
            }
            AccountKind::External => self.announce(Change::AccountEnded {
                session: self.key,
                account: account.into(),
                sign_in: Arc::new(sign_in.clone()),
            }),
        }
    }
}

impl Shared {
    /// Where the tokens of an account are kept.
    pub(crate) fn place_of(&self, key: SessionKey, account: &Account) -> String {
        let audience = self
            .grant_of(account)
            .and_then(|grant| grant.options().audiences.first());
        let resource = audience.and_then(|audience| audience.resource());
        let scopes = audience.map(|audience| audience.scopes().to_string());
        let provider = account.provider().unwrap_or_default();
        // The number at last, for names have digits and slashes, too.
        let name = format!("{provider}/{}/{}", account.id(), account.added());
        key.grant(&name, resource, &scopes.unwrap_or_default())
    }
}

fn watch(inner: Weak<Inner>, account: &Account) -> impl Fn(&Notice) + Send + Sync + 'static {
    let (id, kind): (Arc<str>, _) = (account.id().into(), account.kind());
    move |notice| {
        if let Some(inner) = inner.upgrade() {
            inner.hear(&id, kind, notice);
        }
    }
}
