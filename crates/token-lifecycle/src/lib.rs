//! When to use, refresh, store or give up an OAuth token, and the OAuth grants as bytes.
//!
//! This crate opens no connection, reads no clock and draws no random number.
//!
//! # Keeping tokens fresh
//!
//! [`Lifecycle`] decides; its documentation has a whole driver of forty lines.
//!
//! | module or type | what |
//! |---|---|
//! | [`Lifecycle`], [`Options`], [`Audience`], [`Timers`] | one grant: when to use, refresh, save and give up its tokens |
//! | [`Action`], [`Want`], [`Lock`], [`Saved`] | what a driver does next, and what became of it |
//! | [`Unavailable`], [`SignIn`], [`Event`] | why there is no token; facts |
//! | [`Feedback`], [`Hint`] | a mail server refused a token; something has changed |
//! | [`Record`], [`AccessToken`], [`Generation`], [`Revision`] | what is stored |
//! | [`Pace`], [`Turn`], [`Urgency`] | how many refreshes a second, where there are many grants |
//! | [`Class`], [`Setting`], [`Quirks`] | what a failure means, and for which server it means something else |
//! | [`Request`], [`Response`], [`HttpStage`] | HTTP as values |
//! | [`Now`], [`UnixTime`] | time as an argument |
//!
//! # Signing in
//!
//! | module or type | what |
//! |---|---|
//! | [`Issuer`], [`Metadata`] | what an authorization server says of itself |
//! | [`Provider`], [`Endpoints`] | the same for known providers, with their mail servers and scopes |
//! | [`Authorization`], [`Callback`], [`Loopback`] | a sign-in in the browser: the address to open, the answer that comes back |
//! | [`DeviceRequest`], [`DeviceAuthorization`], [`DevicePoll`] | a sign-in on another device |
//! | [`TokenRequest`], [`Client`] | a request for tokens by any grant, and who asks |
//! | [`Assertion`] | a statement to be signed, in the place of a secret or of the user |
//! | [`Exchange`], [`Tokens`], [`Failure`] | what came back |
//! | [`revoke`], [`introspect`], [`Introspection`] | taking a token back, and asking about one |
//! | [`Verifier`], [`State`], [`Redirect`], [`Url`] | values that are checked when they are made |

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// The lifecycle of tokens.
mod class;
mod error;
mod event;
mod grant;
mod http;
mod lifecycle;
mod options;
mod pace;
mod quirks;
mod record;
mod response;
mod scope;
mod time;
mod timers;

pub use class::{Class, Exchange, Failure, HttpStage, Setting};
pub use error::{SignIn, SignInReason, Unavailable};
pub use event::Event;
pub use grant::GrantKind;
pub use http::{Method, Request, Response};
pub use lifecycle::{Action, Feedback, Hint, Lifecycle, Lock, Saved, Urgency, Want};
pub use options::Options;
pub use pace::{Pace, Turn};
pub use quirks::Quirks;
pub use record::{AccessToken, Generation, Record, RecordError, Revision};
pub use response::Tokens;
pub use scope::{Audience, Scopes};
pub use time::{Now, UnixTime};
pub use timers::Timers;

// Grants and documents as bytes.
mod assertion;
mod authorization;
mod callback;
mod client;
mod device;
mod discovery;
mod form;
mod introspection;
mod json;
mod loopback;
mod pkce;
mod provider;
mod redirect;
mod request;
mod url;

pub use assertion::{Algorithm, Assertion};
pub use authorization::Authorization;
pub use callback::{Callback, CallbackError, Code, Denial};
pub use client::{Client, InvalidClient};
pub use device::{DeviceAuthorization, DeviceError, DevicePoll, DeviceStep};
pub use discovery::{DiscoveryError, Issuer, Metadata};
pub use introspection::{Introspection, IntrospectionError};
pub use json::DocumentError;
pub use loopback::Loopback;
pub use pkce::{State, Verifier};
pub use provider::{Endpoints, Provider, RedirectKind, Rotation, Server, Service, Unattended};
pub use redirect::{InvalidRedirect, Redirect};
pub use request::{
    DeviceRequest, InvalidRequest, Revocation, TokenKind, TokenRequest, introspect,
    introspect_with_bearer, revoke,
};
pub use url::{InvalidUrl, Url};
