//! Asking the user, in a browser, and taking the answer.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{
    Callback, CallbackError, Client, Code, Issuer, Metadata, Redirect, State, TokenRequest, Url,
    Verifier,
    callback::{self, Expected},
    form::Form,
};

/// A question to the user, "may this program read your mail?", kept until the answer is there: it has
/// the address for the browser, checks what comes back, and redeems it. Code flow with PKCE
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-4.1>,
/// <https://www.rfc-editor.org/rfc/rfc7636>).
///
/// ```
/// use token_lifecycle::{Authorization, Callback, Client, Redirect, State, Url, Verifier};
///
/// # let (entropy, more_entropy) = ([1; 32], [2; 32]);
/// let client = Client::public("webmail")?;
/// let mut authorization = Authorization::new(
///     &Url::new("https://id.example.com/authorize")?,
///     &client,
///     Redirect::new("http://127.0.0.1:51004/cb")?,
///     State::from_entropy(&entropy),
///     Verifier::from_entropy(&more_entropy),
/// )
/// .scope("https://mail.example.com/ offline_access")
/// .parameter("login_hint", "user@example.com");
///
/// // The browser goes there …
/// let url = authorization.url();
/// assert!(url.starts_with("https://id.example.com/authorize?response_type=code&client_id=webmail"));
/// // … and comes back to our redirect URI, or the user pastes where he ended up.
/// # let state = State::from_entropy(&entropy).secret().expose().to_owned();
/// let target = format!("/cb?code=SplxlOBeZQQYbYS6WxSbIA&state={state}");
/// let Callback::Code(code) = authorization.receive(target.as_bytes())? else { panic!("refused") };
/// let request = authorization.redeem(&code).build(&Url::new("https://id.example.com/token")?, &client)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Authorization {
    endpoint: Url,
    client_id: String,
    redirect: Redirect,
    state: State,
    verifier: Verifier,
    issuer: Option<String>,
    issuer_required: bool,
    parameters: Vec<(String, String)>,
    answered: bool,
}

/// What this type says itself; a second one would be a parameter that is there twice.
const OWN: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "client_secret",
];

impl Authorization {
    /// A question to be asked at `endpoint`, of which the answer comes to `redirect`. State and
    /// verifier are fresh for each.
    pub fn new(
        endpoint: &Url,
        client: &Client,
        redirect: Redirect,
        state: State,
        verifier: Verifier,
    ) -> Self {
        Self {
            endpoint: endpoint.clone(),
            client_id: client.id().into(),
            redirect,
            state,
            verifier,
            issuer: None,
            issuer_required: false,
            parameters: Vec::new(),
            answered: false,
        }
    }

    /// What is asked for: names with single spaces between them.
    pub fn scope(self, scope: &str) -> Self {
        self.parameter("scope", scope)
    }

    /// A parameter that a provider wants or understands: `login_hint`, `prompt`, and `access_type` at
    /// Google. One of the same name is replaced, but for `resource`
    /// (<https://www.rfc-editor.org/rfc/rfc8707#section-2>); what this type says itself cannot be
    /// changed.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        if OWN.contains(&name) || value.is_empty() {
            return self;
        }
        if name != "resource" {
            self.parameters.retain(|(other, _)| other != name);
        }
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Who must have given the answer, if it names somebody
    /// (<https://www.rfc-editor.org/rfc/rfc9207#section-2.4>). Who talks to more than one
    /// authorization server needs this, or another redirect URI for each.
    pub fn issuer(self, issuer: &Issuer) -> Self {
        self.issuer_named(issuer.document_issuer())
    }

    pub(crate) fn issuer_named(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The same from the server's own description, which also says whether every answer names it.
    pub fn metadata(mut self, metadata: &Metadata) -> Self {
        self.issuer = Some(metadata.issuer().into());
        self.issuer_required = metadata.names_issuer();
        self
    }

    /// The address for the browser.
    pub fn url(&self) -> String {
        let mut form = Form::new();
        form.push("response_type", "code");
        form.push("client_id", &self.client_id);
        form.push("redirect_uri", self.redirect.as_str());
        for (name, value) in &self.parameters {
            form.push(name, value);
        }
        form.push("state", self.state.secret().expose());
        form.push("code_challenge", &self.verifier.challenge());
        form.push("code_challenge_method", Verifier::METHOD);
        let endpoint = self.endpoint.as_str();
        // A query of the endpoint is kept, <https://www.rfc-editor.org/rfc/rfc6749#section-3.1>.
        let joint = match endpoint.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        alloc::format!("{endpoint}{joint}{}", form.as_str())
    }

    /// Takes the answer: the target of the request that came to the redirect URI
    /// (`/cb?code=…&state=…`), or the whole address where the browser ended up.
    ///
    /// The state is compared before anything else is believed. What somebody else sent does not end
    /// the wait: after an error the right answer can still come. A right one is taken once.
    ///
    /// # Errors
    ///
    /// When this is no answer to this question; [`CallbackError::OtherPath`] is for a 404.
    pub fn receive(&mut self, answer: &[u8]) -> Result<Callback, CallbackError> {
        let expected = Expected {
            redirect: &self.redirect,
            state: &self.state,
            issuer: self.issuer.as_deref(),
            issuer_required: self.issuer_required,
        };
        let callback = callback::parse(answer, &expected)?;
        if core::mem::replace(&mut self.answered, true) {
            return Err(CallbackError::Answered);
        }
        Ok(callback)
    }

    /// The request that turns the code into tokens.
    pub fn redeem<'a>(&'a self, code: &'a Code) -> TokenRequest<'a> {
        TokenRequest::authorization_code(code.secret(), self.redirect.as_str(), &self.verifier)
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("endpoint", &self.endpoint)
            .field("client_id", &self.client_id)
            .field("redirect", &self.redirect)
            .field("issuer", &self.issuer)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
