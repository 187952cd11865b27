//! Without a browser: by the user's password, or by the client's own secret.

use std::io::{self, IsTerminal as _};

use token_lifecycle::{GrantKind, TokenRequest, Tokens};

use crate::{
    config::Authentication,
    exit::{Exit, Problem},
    grant::Grant,
    input,
};

/// <https://www.rfc-editor.org/rfc/rfc6749#section-4.3>
pub(super) fn password(grant: &Grant<'_>) -> Result<Tokens, Problem> {
    if io::stdin().is_terminal() {
        let why = "--password-stdin shows the password on a terminal: let a program print it, as in `pass show work | mail-login sign-in work --password-stdin`";
        return Err(Problem::usage(why));
    }
    let text = input::read(io::stdin().lock()).map_err(|error| {
        let message = format!("cannot read the password from stdin ({error}): try again");
        Problem::new(Exit::Unreadable, "stdin", message)
    })?;
    // Of the line end that `echo` adds only; blanks may be part of a password.
    let password = text.expose().trim_end_matches(['\r', '\n']).into();
    let request = TokenRequest::password(&grant.account.user, &password);
    send(grant, request)
}

/// <https://www.rfc-editor.org/rfc/rfc6749#section-4.4>
pub(super) fn client_credentials(grant: &Grant<'_>) -> Result<Tokens, Problem> {
    let public = grant.client.method() == "none"
        || grant.account.client_authentication == Some(Authentication::None);
    if public {
        let message = "only a client with a secret can sign in by itself: set client_secret_file or client_secret_command";
        return Err(Problem::new(
            Exit::Settings,
            "configuration",
            message.into(),
        ));
    }
    send(grant, TokenRequest::client_credentials())
}

fn send(grant: &Grant<'_>, request: TokenRequest<'_>) -> Result<Tokens, Problem> {
    let audience = grant.audience();
    let kind: GrantKind = request.grant();
    let mut request = request.audience(&audience);
    if let Some(audience) = &grant.account.audience {
        request = request.parameter("audience", audience);
    }
    let request = request
        .build(&grant.endpoints.token, &grant.client)
        .map_err(|error| Problem::new(Exit::Settings, "configuration", error.to_string()))?;
    grant.exchange(kind, &request)
}
