//! The machine.

mod action;
mod ask;
mod clock;
mod leave;
mod load;
mod mark;
mod op;
mod poll;
mod rejection;
mod rest;
mod save;
mod send;
mod slot;
mod sure;
mod turn;

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::fmt;

use sasl_core::Secret;

use crate::{
    AccessToken, Audience, Event, Failure, Generation, Now, Options, Record, Revision, Setting,
    SignIn, SignInReason, Tokens, UnixTime, record::Pending,
};
use clock::Clock;
use op::{Leave, Op, Run};
use slot::Slot;
use sure::Sure;

#[cfg(not(target_has_atomic = "ptr"))]
use alloc::rc::Rc as Shared;
#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc as Shared;

pub use action::{Action, Feedback, Hint, Lock, Saved, Urgency, Want};

/// One grant through its life: when to use its tokens, when to refresh, save or give them up.
///
/// ```text
///            token expires,        ┌───────── adopt what another process got ────────┐
///            or was refused        │                                                 ▼
///   Idle ──────────────────► Lock ─┴► Load ──► Mark ──► Send ──► Save ──► Unlock ──► Idle
///     ▲                        │        ▲                │ │       └ store fails ──► Dirty
///     │                        └ held   └── refused ─────┘ └ later ──► Wait, Park
///     └──────── sign-in ──────────────────── Dead ◄── refused, and nobody has replaced it
/// ```
///
/// `handle_…` tells the machine what happened, [`poll`](Self::poll) says the one thing to do next,
/// and [`token`](Self::token) gives the token or says why there is none. Callers that wait are
/// not known here: a driver lets each of them ask again when something has happened.
///
/// What it holds to:
///
/// - A lock is worth nothing unless the record is read again under it.
/// - A new refresh token is saved before its access token is given out. If the store fails, the
///   access token is given out all the same, and the old refresh token is never sent again.
/// - A failure that passes never drops a refresh token. A refusal counts only if the stored generation
///   is still the one that was refused.
/// - A lost answer is asked for once more at once, for servers tolerate that for some seconds.
/// - A server that wants to be left alone is.
///
/// ```
/// # use token_lifecycle::*;
/// # use core::time::Duration;
/// # struct Store(Option<Record>);
/// # impl Store {
/// #     fn load(&self) -> Result<Option<Record>, ()> { Ok(self.0.clone()) }
/// #     fn save(&mut self, expected: Option<Revision>, record: Option<Record>) -> Saved {
/// #         if self.0.as_ref().map(Record::revision) != expected { return Saved::Conflict }
/// #         self.0 = record;
/// #         Saved::Done
/// #     }
/// #     fn lock(&self) -> Lock { Lock::Acquired }
/// #     fn unlock(&self) {}
/// # }
/// # fn http(want: Want<'_>) -> Result<(u16, Vec<u8>), HttpStage> {
/// #     assert!(matches!(want, Want::Refresh { .. }));
/// #     Ok((200, br#"{"access_token":"new","token_type":"Bearer","expires_in":3600}"#.to_vec()))
/// # }
/// # fn clocks() -> Now { Now::wall(UnixTime::from_secs(1_767_222_000)) }
/// # fn sleep(_: Duration) { panic!("nothing to wait for") }
/// /// A whole driver: a token, or why there is none.
/// fn token(lifecycle: &mut Lifecycle, store: &mut Store) -> Result<String, Unavailable> {
///     loop {
///         match lifecycle.token(clocks(), Duration::ZERO) {
///             Ok(token) => return Ok(token.secret().expose().to_owned()),
///             Err(why) if !why.is_temporary() => return Err(why),
///             Err(_) => {}
///         }
///         match lifecycle.poll(clocks()) {
///             Action::Lock => { let lock = store.lock(); lifecycle.handle_lock(clocks(), lock) }
///             Action::Unlock => store.unlock(),
///             Action::Load => match store.load() {
///                 Ok(record) => lifecycle.handle_loaded(clocks(), record),
///                 Err(_) => lifecycle.handle_not_loaded(clocks()),
///             },
///             Action::Save { expected, record } => {
///                 let saved = store.save(expected, Some(record.clone()));
///                 lifecycle.handle_saved(clocks(), saved);
///             }
///             Action::Clear { expected } => {
///                 let saved = store.save(Some(expected), None);
///                 lifecycle.handle_saved(clocks(), saved);
///             }
///             Action::Send(want) => match http(want) {
///                 Ok((status, body)) => lifecycle.handle_response(clocks(), &Response::new(status, &body)),
///                 Err(stage) => lifecycle.handle_no_response(clocks(), stage),
///             },
///             Action::Wait(time) => sleep(time),
///             Action::Event(event) => eprintln!("{event:?}"),
///             Action::SignIn(sign_in) => eprintln!("{sign_in}"),
///             Action::Done => {}
///         }
///     }
/// }
///
/// let mut lifecycle = Lifecycle::new(Options::new("process-1", Audience::new("mail")));
/// # let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"r"}"#;
/// # let mut store = Store(Some(Record::from_json(json).unwrap()));
/// assert_eq!(token(&mut lifecycle, &mut store), Ok("new".to_owned()));
/// ```
pub struct Lifecycle {
    options: Shared<Options>,
    /// Spreads things in time.
    seed: u64,
    clock: Clock,
    /// The record in use. It is newer than the stored one while the store fails.
    record: Option<Record>,
    /// The revision of the stored record, as far as we know.
    stored: Option<Revision>,
    /// One for each audience of the options.
    slots: Vec<Slot>,
    op: Op,
    /// The driver was asked for what `op` says, and has not answered yet.
    asked: bool,
    /// Until when the lock is ours, and when it was asked for.
    lease: Option<u64>,
    lock_asked: u64,
    /// In a row, of the server.
    failures: u32,
    /// In a row, of the store.
    stuck: u32,
    /// Since a setting is wrong.
    probes: u32,
    /// What looked wrong last, and how often in a row.
    oddity: Option<(Setting, u8)>,
    last_failure: Option<Failure>,
    /// How many seconds the server's clock is ahead.
    skew: i64,
    /// A refusal that could not be compared with the stored record.
    refusal: Option<Box<Run>>,
    /// A refresh token that lost against another one in a conflict.
    spare: Option<Secret>,
    /// A sign-in that is not saved yet, and when that may be tried again.
    grant: Option<Box<Tokens>>,
    grant_after: u64,
    /// When the server may be asked again, by its own word.
    not_before: u64,
    /// The same by our own patience, after a request in the midst of saving failed.
    patience: u64,
    /// When there may be a turn to refresh, by the word of the driver; when the store was looked at
    /// meanwhile, and how often, and whether that is to be done again.
    turn_at: u64,
    peeked: u64,
    peeks: u32,
    peek: bool,
    /// The user signs out; refresh tokens to revoke.
    leaving: bool,
    revoke: Vec<Secret>,
    /// When the store was looked at for a sign-in elsewhere.
    looked: Option<u64>,
    look: bool,
    /// The record was not read even once.
    unread: bool,
    /// Somebody's mark, and when it was seen first.
    seen: Option<Box<(Pending, u64)>>,
    events: VecDeque<Event>,
    notice: Option<Box<SignIn>>,
    /// The last tokens whose end was told.
    told: Option<(UnixTime, Generation)>,
    /// The answer to the usual question, while it stays the same.
    sure: Option<Sure>,
}

/// More facts that nobody asks for are not kept.
const EVENTS: usize = 64;

impl Lifecycle {
    /// A machine that knows nothing yet: it begins by reading the record.
    ///
    /// Many machines may share their options, in an `Arc` (an `Rc` where there are no atomics); see
    /// [`with_seed`](Self::with_seed).
    pub fn new(options: impl Into<Shared<Options>>) -> Self {
        let options = options.into();
        let slots = options.audiences.iter().map(|_| Slot::default()).collect();
        Self {
            seed: options.seed,
            options,
            clock: Clock::default(),
            record: None,
            stored: None,
            slots,
            op: Op::Start,
            asked: false,
            lease: None,
            lock_asked: 0,
            failures: 0,
            stuck: 0,
            probes: 0,
            oddity: None,
            last_failure: None,
            skew: 0,
            refusal: None,
            spare: None,
            grant: None,
            grant_after: 0,
            not_before: 0,
            patience: 0,
            turn_at: 0,
            peeked: 0,
            peeks: 0,
            peek: false,
            leaving: false,
            revoke: Vec::new(),
            looked: None,
            look: false,
            unread: true,
            seen: None,
            events: VecDeque::new(),
            notice: None,
            told: None,
            sure: None,
        }
    }

    /// Another number than that of the options ([`Options::seed`]), for machines that share these.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The record in use, for programs that show what they know.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Whether tokens are in use that could not be saved. A program that ends now loses them.
    pub fn is_unsaved(&self) -> bool {
        let revision = self.record.as_ref().map(|record| record.revision);
        matches!(self.op, Op::Save(_)) || revision != self.stored && !matches!(self.op, Op::Mark(_))
    }

    /// Whether the user has signed out and all is done.
    pub fn is_done(&self) -> bool {
        matches!(self.op, Op::Closed)
    }

    /// The user has signed in: these are the tokens, for the first audience. They are saved before
    /// they are used.
    pub fn handle_grant(&mut self, now: Now, tokens: Tokens) {
        self.clock.advance(now);
        self.leaving = false;
        self.grant = Some(Box::new(tokens));
        self.grant_after = 0;
        self.advance();
    }

    /// The user signs out: the record is deleted, and the refresh token revoked if the options
    /// say so. No token is given out from now on.
    pub fn sign_out(&mut self, now: Now) {
        self.clock.advance(now);
        self.grant = None;
        self.leaving = true;
        self.advance();
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The user has to sign in. It is told once for each generation.
    fn end(&mut self, mut sign_in: SignIn) {
        let record = self.record.as_ref();
        let what = record
            .map(|record| (record.signed_in, record.generation))
            .unwrap_or_default();
        sign_in.generation = what.1;

        if self.told != Some(what) {
            self.told = Some(what);
            self.notice = Some(Box::new(sign_in.clone()));
        }
        self.spare = None;
        self.op = Op::Dead(Box::new(sign_in));
    }

    /// The record was deleted by somebody else.
    fn signed_out_elsewhere(&mut self) {
        self.end(SignIn::new(SignInReason::SignedOut));
        self.forget();
    }

    fn forget(&mut self) {
        self.record = None;
        self.stored = None;
        self.see();
    }

    /// Uses this record from now on.
    fn install(&mut self, record: Record) {
        if self.is_newer(&record) {
            // With other tokens it is another matter.
            self.patience = 0;
        }
        self.stored = Some(record.revision);
        self.record = Some(record);
        self.see();
    }

    fn see(&mut self) {
        self.sure = None;
        for (slot, audience) in self.slots.iter_mut().zip(&self.options.audiences) {
            let record = self.record.as_ref();
            let token = record.and_then(|record| record.access_for(audience));
            slot.see(token, &self.clock);
        }
    }

    /// What a slot is for.
    fn audience(&self, index: usize) -> Option<&Audience> {
        self.options.audiences.get(index)
    }

    /// The token of a slot, however good it is.
    fn held(&self, index: usize) -> Option<&AccessToken> {
        self.record.as_ref()?.access_for(self.audience(index)?)
    }

    /// Whether new tokens can be had without the user.
    fn can_renew(&self) -> bool {
        self.options.renewal.is_repeatable()
            || self
                .record
                .as_ref()
                .is_some_and(|record| record.can_refresh() && !record.is_ended())
    }

    fn take_op(&mut self) -> Op {
        self.asked = false;
        core::mem::replace(&mut self.op, Op::Idle)
    }

    fn leave(&mut self) {
        self.op = Op::Leave(Leave::Load {
            tries: 0,
            since: self.clock.elapsed,
        });
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("op", &self.op)
            .field("asked", &self.asked)
            .field("lease", &self.lease)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
