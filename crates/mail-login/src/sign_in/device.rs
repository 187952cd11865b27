//! On any device, with a code (<https://www.rfc-editor.org/rfc/rfc8628>).

use std::{
    thread,
    time::{Duration, Instant},
};

use mail_login_tokens::clock;
use serde_json::json;
use token_lifecycle::{DeviceAuthorization, DevicePoll, DeviceRequest, DeviceStep, Tokens};

use crate::{
    exit::{Exit, Problem},
    grant::Grant,
    terminal::{note, print},
    waiting::{Stage, Waiting},
};

pub(super) fn sign_in(grant: &Grant<'_>, deadline: Instant, json: bool) -> Result<Tokens, Problem> {
    let device = begin(grant)?;
    let uri = device.verification_uri();
    if json {
        print(json!({
            "v": 1, "event": "device", "verification_uri": uri.as_str(),
            "verification_uri_complete": device.verification_uri_complete().map(|uri| uri.as_str()),
            "user_code": device.user_code().to_string(), "expires_in": device.expires_in().as_secs(),
        }));
    } else {
        note(format_args!("On any device, open {uri}"));
        note(format_args!(
            "and enter the code     {}",
            device.user_code()
        ));
        if let Some(complete) = device.verification_uri_complete() {
            note(format_args!("or open {complete} and compare the code"));
        }
    }
    let left = deadline
        .saturating_duration_since(Instant::now())
        .min(device.expires_in());
    let stage = Stage::default();
    stage.set("the sign-in");
    let _waiting = Waiting::new(uri.host().to_owned(), left, stage, json);
    ask(
        grant,
        DevicePoll::new(device, clock::now()).with_quirks(grant.quirks()),
        deadline,
    )
}

fn begin(grant: &Grant<'_>) -> Result<DeviceAuthorization, Problem> {
    let Some(endpoint) = &grant.endpoints.device else {
        let message = "the authorization server has no sign-in on other devices for mail: use a browser, or --paste";
        return Err(Problem::new(Exit::Settings, "no-endpoint", message.into()));
    };
    let audience = grant.audience();
    let mut request = DeviceRequest::new().audience(&audience);
    if let Some(audience) = &grant.account.audience {
        request = request.parameter("audience", audience);
    }
    let request = request
        .build(endpoint, &grant.client)
        .map_err(|error| Problem::new(Exit::Settings, "configuration", error.to_string()))?;
    let exchange =
        token_lifecycle::Exchange::new(token_lifecycle::GrantKind::DeviceCode, clock::now().wall);
    let answer = grant.http.send(&request).map_err(|problem| {
        let failure = exchange.lost(problem.stage());
        Problem::of_token_failure(&failure, Some(&problem.to_string()))
    })?;
    let response = answer.response();
    if response.status() != 200 {
        // It fails as the token endpoint does (<https://www.rfc-editor.org/rfc/rfc8628#section-3.2>).
        return Err(match exchange.read(&response) {
            Err(failure) => Problem::of_token_failure(&failure, None),
            Ok(_) => unexpected("it answered with a token".into()),
        });
    }
    let read = if grant.account.allow_http_loopback {
        DeviceAuthorization::dangerous_loopback(response.body())
    } else {
        DeviceAuthorization::parse(response.body())
    };
    read.map_err(|error| unexpected(error.to_string()))
}

fn unexpected(what: String) -> Problem {
    Problem::new(
        Exit::Temporary,
        "suspicious",
        format!("the sign-in cannot begin: {what}"),
    )
}

fn ask(grant: &Grant<'_>, mut poll: DevicePoll, deadline: Instant) -> Result<Tokens, Problem> {
    loop {
        let now = Instant::now();
        if now >= deadline {
            let message = "nobody signed in in time: start again";
            return Err(Problem::new(Exit::Temporary, "deadline", message.into()));
        }
        match poll.poll(clock::now()) {
            DeviceStep::Wait(time) => thread::sleep(time.min(deadline - now).max(TICK)),
            DeviceStep::Over => {
                let message = "the time for the sign-in is up: start again";
                return Err(Problem::new(Exit::Refused, "flow-expired", message.into()));
            }
            DeviceStep::Ask(request) => {
                let request = request.build(&grant.endpoints.token, &grant.client);
                let request = request.map_err(|error| {
                    Problem::new(Exit::Settings, "configuration", error.to_string())
                })?;
                match grant.http.send(&request) {
                    Err(_) => poll.handle_no_response(clock::now()),
                    Ok(answer) => match poll.handle_response(clock::now(), &answer.response()) {
                        Ok(Some(tokens)) => return Ok(tokens),
                        Ok(None) => {}
                        Err(failure) => return Err(Problem::of_token_failure(&failure, None)),
                    },
                }
            }
        }
    }
}

/// A wait of nothing would be a busy one.
const TICK: Duration = Duration::from_millis(1);
