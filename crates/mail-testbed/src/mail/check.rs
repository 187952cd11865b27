//! What becomes of what a client shows.

use sasl_core::{Kind, Presented, Reason, Verdict};

use super::MailOptions;
use crate::{Checker, TokenProblem};

/// The owner, or why not.
pub(super) fn check(
    presented: &Presented,
    options: &MailOptions,
    checker: &Checker,
) -> (Verdict, Option<Reason>) {
    let refusing = options
        .verdicts
        .as_ref()
        .and_then(|verdicts| verdicts(presented));
    let owner = match refusing {
        Some(reason) => Err(reason),
        None => owner(presented, options, checker),
    };
    match owner {
        // The machine compares them, too; here it is for the record.
        Ok(owner)
            if !presented.user().is_empty() && !presented.user().eq_ignore_ascii_case(&owner) =>
        {
            let denied = Reason::AuthorizationDenied;
            (Verdict::refuse(denied), Some(denied))
        }
        Ok(owner) => (Verdict::accept(owner), None),
        Err(reason) => (Verdict::refuse(reason), Some(reason)),
    }
}

fn owner(
    presented: &Presented,
    options: &MailOptions,
    checker: &Checker,
) -> Result<String, Reason> {
    let credentials = presented.credentials();
    match credentials.kind() {
        Kind::Token => {
            let (audience, scope) = (options.audience.as_deref(), options.scope.as_deref());
            checker
                .check(credentials.secret().expose(), audience, scope)
                .map(|claims| claims.email)
                .map_err(|problem| match problem {
                    TokenProblem::InsufficientScope => Reason::ScopeInsufficient,
                    TokenProblem::Expired
                    | TokenProblem::Revoked
                    | TokenProblem::Unknown
                    | TokenProblem::WrongAudience => Reason::TokenRejected,
                })
        }
        Kind::Password => options
            .users
            .iter()
            .find(|user| user.email().eq_ignore_ascii_case(credentials.user()))
            .filter(|user| user.has_password(credentials.secret()))
            .map(|user| user.email().into())
            .ok_or(Reason::CredentialsRejected),
        // No certificates of clients are looked at here.
        Kind::Certificate | _ => Err(Reason::CredentialsRejected),
    }
}
