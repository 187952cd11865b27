//! A small webmail, to show how a back end uses `mail-session`: its users sign in by OpenID Connect, and all its
//! logins to mail servers are made with the tokens of their sessions.
//!
//! | module | what |
//! |---|---|
//! | `start` | from settings to a server that runs |
//! | `router` | what there is under which path, and what each request goes through |
//! | `sign_in`, `sign_out` | to the authorization server and back; out again |
//! | `pages`, `view` | what people see, and how it looks |
//! | `api` | the same for programs |
//! | `states` | how the accounts of a session are, for both |
//! | `mail` | IMAP, SMTP and ManageSieve behind the login |
//! | `guard`, `cookie`, `seal` | what keeps strangers out |
//! | `metrics`, `log` | what operators see |

#![forbid(unsafe_code)]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "a program, which has an operating system"
)]
#![allow(
    clippy::result_large_err,
    reason = "errors of handlers are answers, as axum has them"
)]

mod api;
mod app;
mod cookie;
mod failed;
mod guard;
pub mod log;
mod mail;
mod metrics;
mod options;
mod pages;
mod public;
mod router;
mod seal;
mod sign_in;
mod sign_out;
mod start;
mod states;
mod testbed;
mod view;

pub use options::Options;
pub use start::{Keep, Running, StartError, Webmail};
pub use testbed::Bed;
