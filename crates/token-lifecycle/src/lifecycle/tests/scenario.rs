//! A machine, a store and clocks that the tests turn.

use alloc::{
    borrow::ToOwned as _,
    format,
    string::{String, ToString as _},
    vec,
    vec::Vec,
};
use core::time::Duration;

use super::*;

pub(super) const START: UnixTime = UnixTime::from_secs(1_767_222_000);
pub(super) const REFRESHED: &str = r#"{"access_token":"access-2","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-2"}"#;

pub(super) struct Scenario {
    pub(super) life: Lifecycle,
    pub(super) stored: Option<Record>,
    pub(super) told: Vec<Event>,
    wall: UnixTime,
    boot: Option<Duration>,
    /// What is to be saved, and what is expected to be there.
    saving: Option<(Option<Revision>, Option<Record>)>,
}

/// A record whose access token was asked for at the start and lives this many seconds.
pub(super) fn record(lifetime: u64) -> Record {
    Record {
        revision: Revision::from(10),
        generation: Generation::from(1),
        signed_in: START - Duration::from_secs(86_400),
        access: vec![AccessToken {
            audience: Audience::new("mail"),
            secret: Secret::from("access-1"),
            generation: Generation::from(1),
            issued_at: START,
            expires_at: Some(START + Duration::from_secs(lifetime)),
            refresh_at: None,
            granted: None,
            forced: false,
        }],
        refresh: Some(Secret::from("refresh-1")),
        grant_expires_at: None,
        id_token: None,
        client_id: String::new(),
        pending: None,
        ended: None,
    }
}

impl Scenario {
    /// A token that was just asked for and lives an hour.
    pub(super) fn fresh() -> Self {
        Self::lives(3600)
    }

    /// The same, an hour later.
    pub(super) fn expired() -> Self {
        let mut s = Self::fresh();
        s.pass(3600);
        s
    }

    pub(super) fn lives(seconds: u64) -> Self {
        Self::with(Options::new("me", Audience::new("mail")), seconds)
    }

    pub(super) fn with(options: Options, seconds: u64) -> Self {
        let mut s = Self::with_stored(options, Some(record(seconds)));
        s.does("load").loads();
        s
    }

    pub(super) fn empty() -> Self {
        Self::with_stored(Options::new("me", Audience::new("mail")), None)
    }

    pub(super) fn with_stored(options: Options, stored: Option<Record>) -> Self {
        Self {
            life: Lifecycle::new(options),
            stored,
            told: Vec::new(),
            wall: START,
            boot: Some(Duration::from_secs(1000)),
            saving: None,
        }
    }

    pub(super) fn without_boot_clock(mut self) -> Self {
        self.boot = None;
        self
    }

    pub(super) fn now(&self) -> Now {
        Now {
            wall: self.wall,
            boot: self.boot,
        }
    }

    pub(super) fn pass(&mut self, seconds: u64) -> &mut Self {
        self.pass_millis(seconds * 1000)
    }

    pub(super) fn pass_millis(&mut self, millis: u64) -> &mut Self {
        let passed = Duration::from_millis(millis);
        self.wall = self.wall + passed;
        self.boot = self.boot.map(|boot| boot + passed);
        self
    }

    /// On the clock that only goes forward; the other one does not tell so small a time.
    pub(super) fn pass_micros(&mut self, micros: u64) -> &mut Self {
        self.boot = self.boot.map(|boot| boot + Duration::from_micros(micros));
        self
    }

    /// Sets the wall clock, and no time passes.
    pub(super) fn set_clock(&mut self, wall: UnixTime) -> &mut Self {
        self.wall = wall;
        self
    }

    pub(super) fn token(&mut self) -> Result<String, Unavailable> {
        self.token_for(0)
    }

    pub(super) fn token_for(&mut self, min_ttl: u64) -> Result<String, Unavailable> {
        let now = self.now();
        let token = self.life.token(now, Duration::from_secs(min_ttl))?;
        Ok(token.secret().expose().to_owned())
    }

    /// What the machine does next, in words. Facts are kept in `told`.
    pub(super) fn next(&mut self) -> String {
        let now = self.now();
        loop {
            return match self.life.poll(now) {
                Action::Event(event) => {
                    self.told.push(event);
                    continue;
                }
                Action::Lock => "lock".into(),
                Action::Unlock => "unlock".into(),
                Action::Load => "load".into(),
                Action::Save { expected, record } => {
                    self.saving = Some((expected, Some(record.clone())));
                    "save".into()
                }
                Action::Clear { expected } => {
                    self.saving = Some((Some(expected), None));
                    "clear".into()
                }
                Action::Send(Want::Refresh {
                    token,
                    scopes,
                    resource,
                }) => {
                    let words = [
                        Some(token.expose().to_owned()),
                        scopes.map(|s| s.to_string()),
                        resource.map(Into::into),
                    ];
                    format!(
                        "send {}",
                        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
                    )
                }
                Action::Send(Want::Grant { kind, skew: 0, .. }) => {
                    format!("send grant {}", kind.name())
                }
                Action::Send(Want::Grant { kind, skew, .. }) => {
                    format!("send grant {} skew {skew}", kind.name())
                }
                Action::Send(Want::Revoke { token }) => format!("revoke {}", token.expose()),
                Action::SignIn(sign_in) => format!("sign-in {}", sign_in.reason.name()),
                Action::Wait(_) => "wait".into(),
                Action::Done => "done".into(),
            };
        }
    }

    pub(super) fn does(&mut self, what: &str) -> &mut Self {
        assert_eq!(self.next(), what);
        self
    }

    /// Does whatever is asked for, successfully, until the machine does this.
    pub(super) fn until(&mut self, what: &str) -> &mut Self {
        for _ in 0..30 {
            let next = self.next();
            if next == what {
                return self;
            }
            match &*next {
                "lock" => self.locks(Lock::Acquired),
                "load" => self.loads(),
                "save" | "clear" => self.saves(Saved::Done),
                "unlock" => self,
                other => panic!("{other} instead of {what}"),
            };
        }
        panic!("never: {what}")
    }

    /// How long the machine wants to wait, in milliseconds.
    pub(super) fn waits(&mut self) -> u64 {
        let now = self.now();
        match self.life.poll(now) {
            Action::Wait(wait) => u64::try_from(wait.as_millis()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn locks(&mut self, lock: Lock) -> &mut Self {
        self.life.handle_lock(self.now(), lock);
        self
    }

    pub(super) fn loads(&mut self) -> &mut Self {
        self.life.handle_loaded(self.now(), self.stored.clone());
        self
    }

    pub(super) fn cannot_load(&mut self) -> &mut Self {
        self.life.handle_not_loaded(self.now());
        self
    }

    /// The store does what it says; whether the revision fits is checked here.
    pub(super) fn saves(&mut self, saved: Saved) -> &mut Self {
        if let Some((expected, record)) = self.saving.take()
            && saved == Saved::Done
        {
            assert_eq!(expected, self.stored.as_ref().map(Record::revision));
            self.stored = record;
        }
        self.life.handle_saved(self.now(), saved);
        self
    }

    pub(super) fn answers(&mut self, status: u16, body: &str) -> &mut Self {
        self.answers_with(status, body, &[])
    }

    pub(super) fn answers_with(
        &mut self,
        status: u16,
        body: &str,
        headers: &[(&str, &str)],
    ) -> &mut Self {
        let response = headers.iter().fold(
            Response::new(status, body.as_bytes()),
            |r, (name, value)| r.with_header(name, value),
        );
        self.life.handle_response(self.now(), &response);
        self
    }

    pub(super) fn fails(&mut self, stage: HttpStage) -> &mut Self {
        self.life.handle_no_response(self.now(), stage);
        self
    }

    pub(super) fn grant(&mut self, access: &str, refresh: Option<&str>) -> &mut Self {
        let tokens = Tokens {
            access: Secret::from(access),
            issued_at: self.wall,
            expires_at: Some(self.wall + Duration::from_secs(3600)),
            refresh_at: None,
            refresh: refresh.map(Secret::from),
            grant_expires_at: None,
            scopes: None,
            id_token: None,
        };
        self.life.handle_grant(self.now(), tokens);
        self
    }

    /// Another process has refreshed.
    pub(super) fn others_refresh(&mut self) -> &mut Self {
        let (now, record) = (self.wall, self.stored.as_mut().unwrap());
        record.revision = record.revision.next();
        record.generation = record.generation.next();
        record.pending = None;
        record.refresh = Some(Secret::from("refresh-theirs"));
        let generation = record.generation;
        let token = record.access.first_mut().unwrap();
        token.generation = generation;
        token.secret = Secret::from("access-theirs");
        token.issued_at = now;
        token.expires_at = Some(now + Duration::from_secs(3600));
        self
    }

    pub(super) fn has_told(&self, name: &str) -> bool {
        self.told.iter().any(|event| event.name() == name)
    }

    pub(super) fn rejected(&mut self, generation: u64, reason: sasl_core::Reason) -> Feedback {
        let rejection = sasl_core::Rejection::new(reason, sasl_core::Kind::Token);
        self.life
            .handle_rejection(self.now(), Generation::from(generation), &rejection)
    }
}
