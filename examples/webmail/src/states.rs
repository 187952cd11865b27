//! How the accounts of a session are.

use mail_session::{Account, Outcome, Session};
use tokio::task::JoinSet;

/// What a request for each account can count on, in the order of the accounts; without those that were removed
/// meanwhile. They are asked at once: one whose sign-in service does not answer takes its time, and many of them
/// one after another more than a request has.
pub(crate) async fn states(session: &Session, accounts: &[Account]) -> Vec<(Account, Outcome)> {
    let mut asked = JoinSet::new();
    for (place, account) in accounts.iter().cloned().enumerate() {
        let session = session.clone();
        asked.spawn(async move {
            let outcome = session.checked_account(account.id()).await;
            outcome.map(|outcome| (place, account, outcome))
        });
    }
    let mut states: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
    states.sort_by_key(|(place, ..)| *place);
    let states = states.into_iter();
    states
        .map(|(_, account, outcome)| (account, outcome))
        .collect()
}
