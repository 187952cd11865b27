//! An authorization server that replaces refresh tokens, and revokes all of them when an old one is used.

use std::collections::HashMap;

/// The server's side of all grants.
#[derive(Debug)]
pub(super) struct Server {
    /// How long an old refresh token still works after it was replaced.
    pub(super) grace: u64,
    /// How long access tokens live, in milliseconds.
    pub(super) lifetime: u64,
    pub(super) rotates: bool,
    families: Vec<Family>,
    refresh: HashMap<String, Known>,
    access: HashMap<String, (usize, u64)>,
    made: u64,
}

#[derive(Debug)]
struct Family {
    alive: bool,
    current: String,
    /// Why it was revoked.
    pub(super) cause: Cause,
}

/// Why a grant is not good any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Alive,
    Reuse,
    Revoked,
}

#[derive(Debug)]
struct Known {
    family: usize,
    /// When it was replaced, and by which.
    replaced: Option<(u64, String)>,
}

/// What a refresh brings.
#[derive(Debug)]
pub(super) enum Answer {
    Tokens {
        access: String,
        refresh: Option<String>,
    },
    InvalidGrant,
}

impl Server {
    pub(super) fn new(grace: u64, lifetime: u64, rotates: bool) -> Self {
        Self {
            grace,
            lifetime,
            rotates,
            families: Vec::new(),
            refresh: HashMap::new(),
            access: HashMap::new(),
            made: 0,
        }
    }

    /// A user signs in.
    pub(super) fn sign_in(&mut self, now: u64) -> (String, String) {
        let family = self.families.len();
        let refresh = self.make("refresh");
        self.refresh.insert(
            refresh.clone(),
            Known {
                family,
                replaced: None,
            },
        );
        let current = refresh.clone();
        self.families.push(Family {
            alive: true,
            current,
            cause: Cause::Alive,
        });
        (self.issue(family, now), refresh)
    }

    /// A refresh token is used.
    pub(super) fn refresh(&mut self, now: u64, token: &str) -> Answer {
        let Some(known) = self.refresh.get(token) else {
            return Answer::InvalidGrant;
        };
        let (family, replaced) = (known.family, known.replaced.clone());
        if !self.families[family].alive {
            return Answer::InvalidGrant;
        }
        if let Some((at, successor)) = replaced {
            if now > at + self.grace {
                self.families[family].alive = false;
                self.families[family].cause = Cause::Reuse;
                return Answer::InvalidGrant;
            }
            return Answer::Tokens {
                access: self.issue(family, now),
                refresh: Some(successor),
            };
        }
        let mut next = None;
        if self.rotates {
            let refresh = self.make("refresh");
            self.refresh.insert(
                refresh.clone(),
                Known {
                    family,
                    replaced: None,
                },
            );
            self.refresh.get_mut(token).unwrap().replaced = Some((now, refresh.clone()));
            self.families[family].current.clone_from(&refresh);
            next = Some(refresh);
        }
        Answer::Tokens {
            access: self.issue(family, now),
            refresh: next,
        }
    }

    /// A refresh token is given back.
    pub(super) fn revoke(&mut self, token: &str) {
        if let Some(known) = self.refresh.get(token) {
            let family = &mut self.families[known.family];
            if family.alive {
                family.alive = false;
                family.cause = Cause::Revoked;
            }
        }
    }

    /// What a mail server learns about an access token.
    pub(super) fn is_good(&self, now: u64, access: &str) -> bool {
        self.access
            .get(access)
            .is_some_and(|(family, expires)| now < *expires && self.families[*family].alive)
    }

    /// What became of the grant of this refresh token.
    pub(super) fn cause(&self, refresh: &str) -> Cause {
        self.refresh
            .get(refresh)
            .map_or(Cause::Revoked, |known| self.families[known.family].cause)
    }

    /// Whether it is the newest one of a grant that is good.
    pub(super) fn is_current(&self, refresh: &str) -> bool {
        self.refresh.get(refresh).is_some_and(|known| {
            let family = &self.families[known.family];
            family.alive && family.current == refresh
        })
    }

    /// By which grant a refresh token was given.
    pub(super) fn family(&self, refresh: &str) -> Option<usize> {
        self.refresh.get(refresh).map(|known| known.family)
    }

    fn issue(&mut self, family: usize, now: u64) -> String {
        let access = self.make("access");
        self.access
            .insert(access.clone(), (family, now + self.lifetime));
        access
    }

    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("secret-{kind}-{}", self.made)
    }
}
