//! What goes wrong in a world, and how often.

use super::Random;

/// How often things go wrong, in 1000 times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The request does not get to the server.
    pub unreachable: u64,
    /// The answer is lost after the server did its work.
    pub reply_lost: u64,
    /// The server answers 429 with `Retry-After`.
    pub throttled: u64,
    /// The server answers 503.
    pub unavailable: u64,
    /// The server answers 500 before or after its work.
    pub broken: u64,
    /// Something in between answers with HTML.
    pub portal: u64,
    /// Answers take longer than a driver waits.
    pub slow: u64,
    /// The store cannot be read.
    pub load_fails: u64,
    /// The store cannot be written.
    pub save_fails: u64,
    /// It was written, and the word of it is lost.
    pub save_unsure: u64,
    /// The store cannot be written for some minutes, from the moment on at which there are new tokens.
    pub outage: u64,
    /// The lock does not work.
    pub lock_fails: u64,
    /// A process ends at some step and begins anew.
    pub crash: u64,
    /// The wall clock is set by up to some minutes.
    pub clock: u64,
    /// A process is asleep for a while.
    pub suspend: u64,
    /// A mail server refuses a token that is good.
    pub refused: u64,
    /// A mail server wants a scope that the token does not have.
    pub narrow: u64,
    /// A user signs out.
    pub sign_out: u64,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        unreachable: 0,
        reply_lost: 0,
        throttled: 0,
        unavailable: 0,
        broken: 0,
        portal: 0,
        slow: 0,
        load_fails: 0,
        save_fails: 0,
        save_unsure: 0,
        outage: 0,
        lock_fails: 0,
        crash: 0,
        clock: 0,
        suspend: 0,
        refused: 0,
        narrow: 0,
        sign_out: 0,
    };

    /// The lock does not work at all. All else does.
    pub const NO_LOCK: Self = Self {
        lock_fails: 1000,
        ..Self::NONE
    };

    /// What may go wrong without costing the login: nothing that was replaced is lost.
    pub const HARMLESS: Self = Self {
        unreachable: 80,
        throttled: 60,
        unavailable: 80,
        portal: 60,
        load_fails: 60,
        lock_fails: 150,
        clock: 20,
        refused: 30,
        narrow: 30,
        ..Self::NONE
    };

    /// The store fails when there is something to save, and then the server does.
    pub const OUTAGES: Self = Self {
        unreachable: 100,
        reply_lost: 50,
        throttled: 300,
        unavailable: 200,
        portal: 100,
        outage: 500,
        ..Self::NONE
    };

    /// Some of everything, more or less of each.
    pub fn chance(random: &mut Random) -> Self {
        let mut often = |most: u64| {
            if random.happens(500) {
                random.between(0, most)
            } else {
                0
            }
        };
        Self {
            unreachable: often(200),
            reply_lost: often(150),
            throttled: often(150),
            unavailable: often(150),
            broken: often(100),
            portal: often(100),
            slow: often(100),
            load_fails: often(150),
            save_fails: often(150),
            save_unsure: often(100),
            outage: often(50),
            lock_fails: often(300),
            crash: often(60),
            clock: often(60),
            suspend: often(40),
            refused: often(60),
            narrow: often(60),
            sign_out: often(10),
        }
    }
}
