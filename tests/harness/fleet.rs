//! A fleet of nodes and the sessions of one day: a simulation on a virtual clock, for millions of them.
//!
//! A [`Fleet`] is a web mail service of many nodes behind a load balancer that keeps no session where it was.
//! Each session has a grant in a store that all nodes share. Whatever is decided is decided by
//! [`Lifecycle`](token_lifecycle::Lifecycle), [`Pace`](token_lifecycle::Pace) and
//! [`Line`](token_lifecycle::Line) themselves; the driver around them does what that of `mail-login-tokio`
//! does. At rest a session is what the store holds, in some octets, and a machine is made when a request comes.
//!
//! A request for a token that is younger than [`Plan::FRESH`] is answered without a machine, for a machine
//! would give it out and do nothing more; one in a thousand of them is played in full, to see that it is so.
//!
//! What must hold is checked at every step; a violation is an `Err`.

mod check;
mod drive;
mod node;
mod outcome;
mod plan;
mod provider;
mod session;
mod store;
mod summary;
mod world;

pub use outcome::Outcome;
pub use plan::{Outage, Plan, Trouble, Wave};
pub use summary::Summary;
pub use world::Fleet;
