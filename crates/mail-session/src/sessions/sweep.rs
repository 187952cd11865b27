//! Sessions that nobody uses leave the memory.

use alloc::sync::{Arc, Weak};
use core::time::Duration;

use mail_login_tokens::clock;
use tokio::time;

use super::Shared;

/// Looks through all sessions now and then, until the node is gone.
pub(super) async fn run(shared: Weak<Shared>, idle: Duration, look: Duration) {
    let pause = (idle / 4).min(look);
    let pause = pause.clamp(Duration::from_secs(1), Duration::from_secs(60));
    loop {
        time::sleep(pause).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let now = clock::boot();
        let known = shared.known.pin();
        known.retain(|_, session| {
            // Whoever has it, such as a connection that waits for mail or a task that writes its end down, is to
            // hear of its end, and two of one session would not know of each other.
            if Arc::strong_count(session) > 1 {
                session.look_soon();
                return true;
            }
            !session.may_leave(now, idle)
        });
    }
}
