//! When which grant is looked at again: one heap and one task for all of them.

use alloc::{
    collections::{BinaryHeap, VecDeque},
    sync::{Arc, Weak},
};
use core::{
    cmp::{Ordering, Reverse},
    time::Duration,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use token_lifecycle::{Called, Line, Pace, Place, Turn, Urgency};
use tokio::{sync::Notify, task, time};

use super::grant::Grant;

/// Who is looked at next, and how much is under way.
pub(super) struct Schedule {
    plan: Mutex<Plan>,
    /// Something is due sooner than was thought, there is room, or all is over.
    wake: Notify,
    /// Nothing is under way any more.
    rest: Notify,
    /// So many grants at once, unless somebody waits for one.
    at_once: usize,
    /// There is a line for those who refresh, whose clock begins here.
    paced: Option<Instant>,
}

#[derive(Default)]
struct Plan {
    due: BinaryHeap<Reverse<Item>>,
    /// Those that are due, while too many are under way.
    ready: VecDeque<(Weak<Grant>, u64)>,
    /// Those that wait for a turn to refresh.
    line: Option<Line<Waiting>>,
    under_way: usize,
    /// So many have tokens that are not saved yet.
    unsaved: usize,
    /// So many wait until nothing is under way: nobody is called up from the line meanwhile.
    settling: usize,
    tickets: u64,
}

/// Who waits for a turn.
enum Waiting {
    /// A caller has asked for it, and was told when to come again: the place is kept when he goes away.
    Caller(Arc<Grant>),
    Other(Weak<Grant>),
}

/// So many grants are kept alive for their place in the line.
const PLACES: usize = 16_384;

struct Item {
    at: Instant,
    ticket: u64,
    grant: Weak<Grant>,
    /// Kept alive, because its tokens are not saved yet.
    kept: Option<Arc<Grant>>,
}

/// So many are looked at before others get a turn.
const TURN: usize = 64;

impl Schedule {
    pub(super) fn new(at_once: usize, pace: Option<Pace>) -> Self {
        let paced = pace.as_ref().map(|_| now());
        let plan = Plan {
            line: pace.map(|pace| Line::new(Duration::ZERO, pace, PLACES)),
            ..Plan::default()
        };
        Self {
            plan: Mutex::new(plan),
            wake: Notify::new(),
            rest: Notify::new(),
            at_once: at_once.max(1),
            paced,
        }
    }

    /// Has this grant looked at then, and gives what it is to be recognised by.
    /// With `keep`, it is not dropped before.
    pub(super) fn push(&self, at: Instant, grant: &Arc<Grant>, keep: bool) -> u64 {
        let mut plan = self.plan();
        let ticket = plan.tickets;
        plan.tickets = plan.tickets.wrapping_add(1);
        let sooner = plan.due.peek().is_none_or(|first| at < first.0.at);
        plan.due.push(Reverse(Item {
            at,
            ticket,
            grant: Arc::downgrade(grant),
            kept: keep.then(|| Arc::clone(grant)),
        }));
        drop(plan);
        if sooner {
            self.wake.notify_one();
        }
        ticket
    }

    /// One more, or one less, has tokens that are not saved yet.
    pub(super) fn count_unsaved(&self, unsaved: bool) {
        let mut plan = self.plan();
        plan.unsaved = if unsaved {
            plan.unsaved + 1
        } else {
            plan.unsaved.saturating_sub(1)
        };
        if plan.is_at_rest() {
            self.rest.notify_waiters();
        }
    }

    /// A turn for this grant to refresh, or how long it takes until it is called up for one.
    pub(super) fn ask(
        &self,
        grant: &Arc<Grant>,
        urgency: Urgency,
        place: &mut Option<Place>,
    ) -> Result<Turn, Duration> {
        let time = self.time();
        let mut plan = self.plan();
        let room = plan.under_way < self.at_once;
        let Some(line) = &mut plan.line else {
            return Err(Duration::ZERO);
        };
        let first = !line.is_waiting(room);
        let answer = line.ask(time, urgency, place, room, || match urgency {
            Urgency::Wanted => Waiting::Caller(Arc::clone(grant)),
            Urgency::Ahead => Waiting::Other(Arc::downgrade(grant)),
        });
        if first && answer.is_err() {
            self.wake.notify_one();
        }
        answer
    }

    /// Whether a turn is needed at all.
    pub(super) fn is_paced(&self) -> bool {
        self.paced.is_some()
    }

    /// A refresh is sent now.
    pub(super) fn sent(&self, turn: Option<Turn>) {
        let time = self.time();
        if let Some(line) = &mut self.plan().line {
            line.sent(time, turn);
        }
    }

    /// A turn was not needed.
    pub(super) fn give_back(&self, turn: Turn) {
        let mut plan = self.plan();
        let Some(line) = &mut plan.line else { return };
        line.give_back(turn);
        if line.is_waiting(true) {
            self.wake.notify_one();
        }
    }

    /// The time by the clock of the line.
    fn time(&self) -> Duration {
        let start = self.paced.unwrap_or_else(now);
        now().saturating_duration_since(start)
    }

    pub(super) fn begin(&self) {
        self.plan().under_way += 1;
    }

    pub(super) fn end(&self) {
        let mut plan = self.plan();
        plan.under_way = plan.under_way.saturating_sub(1);
        let waiting = plan.line.as_ref().is_some_and(|line| line.is_waiting(true));
        if waiting || !plan.ready.is_empty() {
            self.wake.notify_one();
        }
        if plan.is_at_rest() {
            self.rest.notify_waiters();
        }
    }

    /// Ends the task, once its turn is over.
    pub(super) fn stop(&self) {
        self.wake.notify_one();
    }

    /// Waits until nothing is under way and everything is saved.
    pub(super) async fn at_rest(&self) {
        let _settling = Settling::new(self);
        loop {
            let rest = self.rest.notified();
            if self.plan().is_at_rest() {
                return;
            }
            rest.await;
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is to be looked at now; else when the next one is due.
    fn next(&self) -> Next {
        let mut plan = self.plan();
        let full = plan.under_way >= self.at_once;
        let time = self.time();
        let line = match plan.settling {
            0 => plan.line.as_mut(),
            _ => None,
        };
        let turn = match line.map(|line| line.call(time, !full)) {
            Some(Called::Up(who, place, turn)) => {
                let grant = match who {
                    Waiting::Caller(grant) => Some(grant),
                    Waiting::Other(grant) => grant.upgrade(),
                };
                if let Some(grant) = grant {
                    return Next::Turn(grant, place, turn);
                }
                if let Some(line) = &mut plan.line {
                    line.give_back(turn);
                }
                return Next::Skip;
            }
            Some(Called::Later(wait)) => Some(after(wait)),
            Some(Called::Nobody) | None => None,
        };
        let ready = match full {
            true => None,
            false => plan.ready.pop_front(),
        };
        if let Some((grant, ticket)) = ready {
            return match grant.upgrade() {
                Some(grant) => Next::Due(grant, ticket),
                None => Next::Skip,
            };
        }
        let now = now();
        match plan.due.peek() {
            None => return Next::Idle(turn),
            Some(Reverse(first)) if first.at > now => {
                let first = turn.map_or(first.at, |turn| turn.min(first.at));
                return Next::Idle(Some(first));
            }
            Some(_) => {}
        }
        let Some(Reverse(item)) = plan.due.pop() else {
            return Next::Idle(turn);
        };
        let Some(grant) = item.grant.upgrade() else {
            return Next::Skip;
        };
        // Somebody who waits is not kept waiting for those whom nobody asks for.
        if full && !grant.is_wanted() && item.kept.is_none() {
            plan.ready.push_back((item.grant, item.ticket));
            return Next::Skip;
        }
        Next::Due(grant, item.ticket)
    }
}

impl Plan {
    fn is_at_rest(&self) -> bool {
        self.under_way == 0 && self.unsaved == 0
    }
}

/// Somebody waits until nothing is under way, until this is dropped.
struct Settling<'a>(&'a Schedule);

impl<'a> Settling<'a> {
    fn new(schedule: &'a Schedule) -> Self {
        schedule.plan().settling += 1;
        Self(schedule)
    }
}

impl Drop for Settling<'_> {
    fn drop(&mut self) {
        let mut plan = self.0.plan();
        plan.settling = plan.settling.saturating_sub(1);
        drop(plan);
        self.0.wake.notify_one();
    }
}

enum Next {
    Due(Arc<Grant>, u64),
    Turn(Arc<Grant>, Place, Turn),
    Skip,
    Idle(Option<Instant>),
}

/// The one task. It ends when nobody holds the schedule's owner any more.
pub(super) async fn run<T>(schedule: Arc<Schedule>, owner: Weak<T>) {
    let mut turn = 0;
    while owner.strong_count() > 0 {
        match schedule.next() {
            Next::Due(grant, ticket) => grant.look(ticket),
            Next::Turn(grant, place, turn) => grant.call_up(place, turn),
            Next::Skip => {}
            Next::Idle(until) => {
                turn = 0;
                let woken = schedule.wake.notified();
                match until {
                    None => woken.await,
                    // Too early or too late makes no difference: it looks again.
                    Some(at) => {
                        let _ = time::timeout_at(at.into(), woken).await;
                    }
                }
                continue;
            }
        }
        turn += 1;
        if turn == TURN {
            turn = 0;
            task::yield_now().await;
        }
    }
}

/// The moment after this time, and never one beyond what the clock can tell.
pub(super) fn after(time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(86_400);
    let now = now();
    now.checked_add(time.min(FAR)).unwrap_or(now)
}

/// The clock that the timers of the runtime go by.
pub(super) fn now() -> Instant {
    time::Instant::now().into_std()
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.ticket).cmp(&(other.at, other.ticket))
    }
}
