//! Where a person agrees. <https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1>

use alloc::{format, string::String, vec::Vec};

use hyper::Method;

use super::{
    Approval, Client, User,
    form::Form,
    ledger::Code,
    mint::Mint,
    page::{Ask, notice},
    reply::{Refusal, Reply},
    request::Request,
    token,
};

/// What the person adds.
const FILLED_IN: [&str; 3] = ["password", "username", "verdict"];

/// Answers the request of a client, and the form that a person has filled in: the second is the
/// first with a name, a password and a verdict.
pub(super) fn answer(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    let form = if request.method == Method::POST {
        request.form()
    } else {
        Form::parse(&request.query)
            // A password in an address gets into histories and logs: it does not count there.
            .map(|form| form.without(&FILLED_IN))
            .map_err(Reply::invalid_request)
    };
    let form = form.map_err(|_| unsafe_to_return("the parameters cannot be read"))?;
    let Some(client) = form
        .value("client_id")
        .and_then(|id| mint.options.find_client(id))
    else {
        return Err(unsafe_to_return("there is no such client"));
    };
    // Only an address that is known gets an answer; anybody could have written another.
    let Some(redirect_uri) = form
        .value("redirect_uri")
        .filter(|uri| client.takes_redirect(uri))
    else {
        return Err(unsafe_to_return(
            "redirect_uri is missing, or is not one of this client's",
        ));
    };
    let fields = match decide(mint, client, redirect_uri, &form) {
        Ok(Decision::Code(code)) => Vec::from([("code", code)]),
        Ok(Decision::Ask(page)) => return Ok(page),
        Err(Refusal(code, description)) => Vec::from([
            ("error", code.into()),
            ("error_description", description.into()),
        ]),
    };
    // What came by POST must not be sent on, for there was a password in it.
    // <https://www.rfc-editor.org/rfc/rfc9700#section-4.12>
    let status = if request.method == Method::POST {
        303
    } else {
        302
    };
    let location = location(mint, redirect_uri, &fields, form.value("state"));
    Ok(Reply::redirect(status, location))
}

enum Decision {
    Ask(Reply),
    Code(String),
}

fn decide(
    mint: &Mint,
    client: &Client,
    redirect_uri: &str,
    form: &Form,
) -> Result<Decision, Refusal> {
    match form.value("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(Refusal(
                "unsupported_response_type",
                "there is only the code",
            ));
        }
        None => return Err(Refusal("invalid_request", "response_type is missing")),
    }
    if !client.may_use("authorization_code") {
        return Err(Refusal("unauthorized_client", "this client gets no code"));
    }
    let challenge = challenge(client, form)?;
    let scope = token::scope(mint, form)?;
    let audience = token::audience(mint, form)?;
    let user = match user(mint, client, form, &scope)? {
        Who::Known(user) => user,
        Who::Asked(page) => return Ok(Decision::Ask(page)),
    };
    let code = mint
        .signer
        .random()
        .map_err(|_| Refusal("server_error", "there are no random numbers"))?;
    let mut ledger = mint.ledger();
    let grant = ledger.consent(user, client, scope, audience);
    if let Some(consent) = ledger.consents.get_mut(&grant) {
        consent.nonce = form.value("nonce").map(Into::into);
    }
    let entry = Code {
        grant,
        expires: ledger.now().saturating_add(mint.options.code_life),
        redirect_uri: redirect_uri.into(),
        challenge,
        used: false,
    };
    ledger.codes.insert(code.clone(), entry);
    Ok(Decision::Code(code))
}

/// <https://www.rfc-editor.org/rfc/rfc7636#section-4.3>
fn challenge(client: &Client, form: &Form) -> Result<Option<String>, Refusal> {
    match (
        form.value("code_challenge"),
        form.value("code_challenge_method"),
    ) {
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(Some(challenge.into())),
        (Some(_), Some("S256")) => Err(Refusal("invalid_request", "code_challenge is not one")),
        (Some(_), _) => Err(Refusal(
            "invalid_request",
            "code_challenge_method must be S256",
        )),
        (None, _) if client.is_public() => Err(Refusal(
            "invalid_request",
            "a public client must use PKCE: code_challenge is missing",
        )),
        (None, _) => Ok(None),
    }
}

enum Who {
    Asked(Reply),
    Known(User),
}

/// Who agrees, if it is known already.
fn user(mint: &Mint, client: &Client, form: &Form, scope: &str) -> Result<Who, Refusal> {
    const REFUSED: Refusal = Refusal("access_denied", "the user refused");
    let options = &mint.options;
    let hint = form.value("login_hint").unwrap_or_default();
    let approval = mint.ledger().approval;
    match approval {
        Approval::Denied => return Err(REFUSED),
        Approval::Automatic => {
            return options
                .find_user(hint)
                .or_else(|| options.users.first())
                .map(|user| Who::Known(user.clone()))
                .ok_or(Refusal("server_error", "there is no user"));
        }
        Approval::Form => {}
    }
    if form.value("prompt") == Some("none") {
        return Err(Refusal("login_required", "the user has to sign in"));
    }
    let problem = match form.value("verdict") {
        Some("deny") => return Err(REFUSED),
        Some(_) => {
            let given = |name| form.value(name).unwrap_or_default();
            if let Some(user) = options.signs_in(given("username"), given("password")) {
                return Ok(Who::Known(user.clone()));
            }
            Some("There is no such user with this password.")
        }
        None => None,
    };
    let hidden: Vec<(&str, &str)> = form
        .iter()
        .filter(|(name, _)| !FILLED_IN.contains(name))
        .collect();
    let ask = Ask {
        title: "Sign in",
        text: &format!("{} asks for: {scope}", client.id),
        problem,
        hidden: &hidden,
        user_code: None,
        sign_in: Some(form.value("username").unwrap_or(hint)),
    };
    Ok(Who::Asked(Reply::html(200, ask.page())))
}

/// <https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2>, with `iss` of
/// <https://www.rfc-editor.org/rfc/rfc9207#section-2>
fn location(
    mint: &Mint,
    redirect_uri: &str,
    fields: &[(&str, String)],
    state: Option<&str>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    if mint.options.says_issuer {
        query.append_pair("iss", &mint.issuer);
    }
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query.finish())
}

/// A page, where the answer cannot go back to the client.
fn unsafe_to_return(problem: &str) -> Reply {
    Reply::html(400, notice("This request cannot be answered", problem))
}
