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
}

#[derive(Default)]
struct Plan {
    due: BinaryHeap<Reverse<Item>>,
    /// Those that are due, while too many are under way.
    ready: VecDeque<(Weak<Grant>, u64)>,
    under_way: usize,
    /// So many have tokens that are not saved yet.
    unsaved: usize,
    tickets: u64,
}

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
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            plan: Mutex::default(),
            wake: Notify::new(),
            rest: Notify::new(),
            at_once: at_once.max(1),
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

    pub(super) fn begin(&self) {
        self.plan().under_way += 1;
    }

    pub(super) fn end(&self) {
        let mut plan = self.plan();
        plan.under_way = plan.under_way.saturating_sub(1);
        if !plan.ready.is_empty() {
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
        let now = Instant::now();
        match plan.due.peek() {
            None => return Next::Idle(None),
            Some(Reverse(first)) if first.at > now => return Next::Idle(Some(first.at)),
            Some(_) => {}
        }
        let Some(Reverse(item)) = plan.due.pop() else {
            return Next::Idle(None);
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

enum Next {
    Due(Arc<Grant>, u64),
    Skip,
    Idle(Option<Instant>),
}

/// The one task. It ends when nobody holds the schedule's owner any more.
pub(super) async fn run<T>(schedule: Arc<Schedule>, owner: Weak<T>) {
    let mut turn = 0;
    while owner.strong_count() > 0 {
        match schedule.next() {
            Next::Due(grant, ticket) => grant.look(ticket),
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
    let now = Instant::now();
    now.checked_add(time.min(FAR)).unwrap_or(now)
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
