//! The authorization server: it replaces refresh tokens, and takes an old one for theft.

use super::{
    plan::{DAY, Plan, SECOND, Trouble},
    session::{REVOKED, Session, UNSURE},
    summary::Summary,
};

/// For so long after it was replaced an old refresh token still gives what replaced it.
///
/// Who dies with an answer on its way takes the grant with him, unless this is longer than the lease of a lock
/// and the time until the user asks again. Where the answer is lost twice, and the old access token is good,
/// the next node may think that it is early to refresh: nodes differ in that by two and a half minutes.
const GRACE: u64 = 300 * SECOND;

#[derive(Debug)]
pub(super) struct Provider {
    /// How many requests came in each second.
    seconds: Vec<u32>,
}

/// What comes of a request, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Tokens { refresh: u32 },
    InvalidGrant,
    Unavailable,
    NoConnection,
    Lost,
}

impl Provider {
    pub(super) fn new() -> Self {
        Self {
            seconds: vec![0; 86_400 + 3600],
        }
    }

    /// A request comes, with this refresh token.
    pub(super) fn refresh(
        &mut self,
        now: u64,
        trouble: Option<Trouble>,
        session: &mut Session,
        token: u32,
        chance: u64,
        summary: &mut Summary,
    ) -> Result<(Answer, u64), String> {
        self.seconds[((now - DAY) / SECOND) as usize] += 1;
        summary.refreshes += 1;
        match trouble {
            Some(Trouble::Refuses) => return Ok((Answer::NoConnection, 5)),
            Some(Trouble::Hangs) => {
                session.set(UNSURE, true);
                return Ok((Answer::Lost, 20 * SECOND));
            }
            Some(Trouble::Unavailable) => return Ok((Answer::Unavailable, 50)),
            Some(Trouble::Loses) | None => {}
        }
        if session.is(REVOKED) {
            return Ok((Answer::InvalidGrant, 100));
        }
        if token == session.current {
            session.current += 1;
            session.rotated = now as u32;
            summary.rotations += 1;
        } else if token + 1 == session.current && now <= u64::from(session.rotated) + GRACE {
            summary.repeated += 1;
        } else if session.is(UNSURE) {
            // The one loss that no client can prevent: the answer was never saved, and the grace is over.
            session.set(REVOKED, true);
            summary.orphaned += 1;
            return Ok((Answer::InvalidGrant, 100));
        } else {
            return Err(format!(
                "an old refresh token was used: {token} of {session:?} at {now}"
            ));
        }
        if trouble.is_some() {
            session.set(UNSURE, true);
            return Ok((Answer::Lost, SECOND));
        }
        let refresh = session.current;
        Ok((Answer::Tokens { refresh }, 80 + chance % 140))
    }

    /// No second and no minute has had more than it may, by the plan. The most in a second, and in a minute.
    pub(super) fn judge(&self, plan: &Plan, repeated: u64) -> Result<(u64, u64), String> {
        let most = |length: usize| {
            let sums = self.seconds.windows(length);
            sums.map(|window| window.iter().map(|n| u64::from(*n)).sum::<u64>())
                .max()
                .unwrap_or_default()
        };
        let (second, minute) = (most(1), most(60));
        // A request that is repeated because its answer was lost does not wait for a turn.
        for (found, length) in [(second, SECOND), (minute, 60 * SECOND)] {
            let may = plan.most(length);
            if found > may {
                return Err(format!(
                    "{found} refreshes in {length} ms, and {may} is the limit ({repeated} repeated)"
                ));
            }
        }
        Ok((second, minute))
    }
}
