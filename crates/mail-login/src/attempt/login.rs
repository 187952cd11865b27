//! One login or two, before one deadline.

use std::{sync::mpsc, thread};

use mail_login_blocking::{Deadline, Failure, Login, Phase, Refused, Server, login};
use sasl_core::{Credentials, Reason};
use token_lifecycle::Feedback;

use super::source::Source;
use crate::{exit::Problem, protocol::Known, report::Report};

/// One login, and where a token of an account is refused, one more.
pub(super) struct Attempt<'a, O> {
    pub(super) server: &'a Server,
    pub(super) options: O,
    pub(super) place: &'a str,
    pub(super) deadline: Deadline,
}

impl<O: Clone> Attempt<'_, O> {
    pub(super) fn run<P: Known<Options = O>>(
        &self,
        source: &mut Source,
        credentials: Credentials,
        report: &mut Report,
    ) -> Result<Result<Login<P>, Failure>, Problem> {
        let refused = match self.login::<P>(credentials, report) {
            Ok(Login::Rejected(refused)) => refused,
            other => return Ok(other),
        };
        let rejection = refused.rejection();
        if source.rejected(rejection) != Some(Feedback::Retry) {
            return Ok(Ok(Login::Rejected(refused)));
        }
        report.retrying(self.place, rejection);
        let fresh = source.credentials()?;
        report.renew(fresh.clone());
        let second = self.again(*refused, fresh, report);
        if let Ok(Login::Rejected(refused)) = &second {
            // So that the next run does not begin with a token that was refused.
            let _ = source.rejected(refused.rejection());
        }
        Ok(second)
    }

    /// On the same connection, if it is still there.
    fn again<P: Known<Options = O>>(
        &self,
        refused: Refused<P>,
        fresh: Credentials,
        report: &mut Report,
    ) -> Result<Login<P>, Failure> {
        if !refused.rejection().is_closed() {
            match self.retry(refused, fresh.clone(), report) {
                // The server may not have waited for the new token, and say so or not.
                Ok(Login::Rejected(refused)) if refused.rejection().reason() == Reason::Closed => {}
                Err(Failure::Io { .. } | Failure::Conversation(_)) => {}
                other => return other,
            }
        }
        self.login(fresh, report)
    }

    /// On a new connection.
    fn login<P: Known<Options = O>>(
        &self,
        credentials: Credentials,
        report: &mut Report,
    ) -> Result<Login<P>, Failure> {
        let server = match self.deadline.remaining(Phase::Connect)? {
            Some(left) => &self.server.clone().timeout(left),
            None => self.server,
        };
        login(server, credentials, self.options.clone(), report)
    }

    /// On the same connection, which has as much time as at first: whatever it does with that, we do
    /// not wait for it beyond the deadline.
    fn retry<P: Known<Options = O>>(
        &self,
        refused: Refused<P>,
        fresh: Credentials,
        report: &mut Report,
    ) -> Result<Login<P>, Failure> {
        let during = Phase::Conversation;
        let Some(left) = self.deadline.remaining(during)? else {
            return refused.retry(fresh, report);
        };
        let (sender, ended) = mpsc::channel();
        let mut watching = core::mem::take(report);
        thread::spawn(move || {
            let login = refused.retry(fresh, &mut watching);
            // Nobody waits any more if it took too long.
            let _ = sender.send((login, watching));
        });
        let (login, watched) = ended
            .recv_timeout(left)
            .map_err(|_| Failure::Deadline { during })?;
        *report = watched;
        login
    }
}
