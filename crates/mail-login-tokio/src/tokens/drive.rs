//! The task that does what a machine asks for.

use alloc::{string::ToString as _, sync::Arc};

use mail_login_tokens::{HttpAnswer, HttpProblem};
use token_lifecycle::{HttpStage, Lock, Request, Saved};
use tokio::time;

use super::grant::{Grant, Task, Went};

/// Starts the task, which lives until the machine has nothing to do for now. It belongs to nobody who
/// waits: a caller that goes away breaks nothing off.
pub(super) fn start(grant: Arc<Grant>, task: Task) {
    // Before the task begins: a runtime that is about to end drops it as it is.
    let work = Work::new(grant);
    let runtime = work.grant.shared.runtime.clone();
    runtime.spawn(run(work, task));
}

async fn run(mut work: Work, task: Task) {
    let mut next = Some(task);
    while let Some(task) = next {
        next = perform(&work.grant, task).await;
    }
    work.whole = true;
}

async fn perform(grant: &Arc<Grant>, task: Task) -> Option<Task> {
    let store = &grant.store;
    let failed = || {
        let problem = store.problem();
        Went::Store(problem.or_else(|| Some("the store does not work".into())))
    };
    match task {
        Task::Load => match store.load().await {
            Ok(record) => grant.done(Went::Store(None), |machine, now| {
                machine.handle_loaded(now, record);
            }),
            Err(error) => {
                let went = Went::Store(Some(error.to_string()));
                grant.done(went, |machine, now| machine.handle_not_loaded(now))
            }
        },
        Task::Lock => {
            let lock = store.lock().await;
            let went = match lock {
                Lock::Acquired | Lock::Held => Went::On,
                Lock::Unavailable => failed(),
            };
            grant.done(went, |machine, now| machine.handle_lock(now, lock))
        }
        Task::Unlock => {
            store.unlock().await;
            grant.done(Went::On, |_, _| {})
        }
        Task::Save(expected, record) => {
            let saved = store.save(expected, record.as_ref()).await;
            let went = match saved {
                Saved::Done | Saved::Conflict => Went::Store(None),
                Saved::Failed => failed(),
            };
            grant.done(went, |machine, now| machine.handle_saved(now, saved))
        }
        Task::Send(Ok(request)) => match send(grant, &request).await {
            Ok(answer) => grant.done(Went::Network(None), |machine, now| {
                machine.handle_response(now, &answer.response());
            }),
            Err(problem) => {
                let went = Went::Network(Some(problem.to_string()));
                grant.done(went, |machine, now| {
                    machine.handle_no_response(now, problem.stage());
                })
            }
        },
        Task::Send(Err(none)) => {
            let went = Went::Network(Some(none.to_string()));
            grant.done(went, |machine, now| {
                machine.handle_response(now, &none.response());
            })
        }
    }
}

/// The lock counts on this deadline, whatever sends.
async fn send(grant: &Grant, request: &Request) -> Result<HttpAnswer, HttpProblem> {
    let time = grant.settings.options().timers.http;
    let sent = time::timeout(time, grant.shared.http.send(request)).await;
    sent.unwrap_or_else(|_| {
        let text = "the authorization server did not answer in time";
        Err(HttpProblem::new(HttpStage::Sent, text))
    })
}

/// One task at work. Whatever ends it, the machine is not left waiting for it.
struct Work {
    grant: Arc<Grant>,
    whole: bool,
}

impl Work {
    fn new(grant: Arc<Grant>) -> Self {
        grant.shared.schedule.begin();
        Self {
            grant,
            whole: false,
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.whole {
            self.grant.abandoned();
        }
        self.grant.shared.schedule.end();
    }
}
