//! Sessions that nobody uses leave the memory.

use alloc::sync::Weak;
use core::time::Duration;

use mail_login_tokens::clock;
use tokio::time;

use super::Shared;

/// Looks through all sessions now and then, until the node is gone.
pub(super) async fn run(shared: Weak<Shared>, idle: Duration) {
    let pause = (idle / 4).clamp(Duration::from_secs(1), Duration::from_secs(60));
    loop {
        time::sleep(pause).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let now = clock::boot();
        let known = shared.known.pin();
        known.retain(|_, session| !session.may_leave(now, idle));
    }
}
