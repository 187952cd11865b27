//! What must hold in the end, besides what is checked while a day is played.

use super::{
    plan::{DAY, MINUTE, Plan},
    session::{GONE, REVOKED, SPECIAL, UNSURE},
    summary::Summary,
    world::Fleet,
};

impl Fleet {
    /// The limit was kept, each refresh token was saved once, nobody has lost one, and those have ended who
    /// were revoked.
    pub(super) fn judge(mut self) -> Result<Summary, String> {
        (self.summary.second, self.summary.minute) =
            self.provider.judge(&self.plan, self.summary.repeated)?;
        let (mut generations, mut ended) = (0, 0);
        for (number, session) in self.sessions.iter().enumerate() {
            generations += u64::from(session.current) - 1;
            let is_ended = session.is(SPECIAL) && self.store.is_ended(number as u32);
            ended += u64::from(is_ended);
            if (is_ended || session.is(GONE)) && !session.is(REVOKED) {
                return Err(format!("{number} has ended without cause: {session:?}"));
            }
            if !is_ended && session.generation != session.current {
                // Its node was killed before the answer was saved, and its user has not come since.
                if session.is(UNSURE) && session.generation + 1 == session.current {
                    self.summary.orphaned += 1;
                    continue;
                }
                return Err(format!("{number} has lost a refresh token: {session:?}"));
            }
        }
        // Each refresh token that was given out was saved, once.
        let saved = self.summary.generations + self.summary.orphaned;
        if generations != self.summary.rotations || generations != saved {
            return Err(format!("{generations} generations: {:?}", self.summary));
        }
        if ended != self.summary.ended || ended > self.summary.revoked + self.summary.orphaned {
            return Err(format!("{ended} have ended: {:?}", self.summary));
        }
        self.all_were_told()?;
        let answered = self.summary.at_once + self.summary.old + self.summary.waited;
        let told = self.summary.later + self.summary.sign_in + self.summary.cut;
        if answered + told != self.summary.requests {
            return Err(format!("somebody was told nothing: {:?}", self.summary));
        }
        Ok(self.summary)
    }

    /// Whoever was revoked has heard of it, if he came when his token had expired and all was well.
    fn all_were_told(&self) -> Result<(), String> {
        let well = |at: u64| {
            let mut outages = self.plan.outages.iter();
            outages.all(|outage| at < DAY + outage.from || at > DAY + outage.until + Plan::HERD)
        };
        for (at, number) in &self.revoked {
            let session = &self.sessions[*number as usize];
            if session.is(GONE) {
                continue;
            }
            // The first minute is the one in which he hears it.
            let since = session.expires().max(*at) + 2 * MINUTE;
            let asked = (0..1440_u16).map(|minute| (DAY + u64::from(minute) * MINUTE, minute));
            let late = asked.filter(|(time, _)| *time > since && well(*time));
            if let Some((time, _)) = late
                .into_iter()
                .find(|(_, minute)| session.is_active(*minute, self.plan.active))
            {
                return Err(format!(
                    "{number} was revoked, and goes on at {time}: {session:?}"
                ));
            }
        }
        Ok(())
    }
}
