//! Programs without a browser. <https://www.rfc-editor.org/rfc/rfc8628>

use alloc::{format, string::String};
use core::time::Duration;

use hyper::Method;
use serde_json::json;

use super::{
    Approval, Client, User,
    form::Form,
    ledger::{Device, Verdict},
    mint::Mint,
    page::{Ask, notice},
    reply::Reply,
    request::Request,
    token,
};

/// What a client waits if nobody says for how long.
/// <https://www.rfc-editor.org/rfc/rfc8628#section-3.2>
const INTERVAL: Duration = Duration::from_secs(5);

/// No vowels, so that no code is a word, and nothing that looks like something else.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A device asks for a code.
pub(super) fn begin(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let form = request.form()?;
    let client = request.client(&form, &mint.options)?;
    if !client.may_use(GRANT) {
        return Err(Reply::error(
            "unauthorized_client",
            "this client may not sign in as a device",
        ));
    }
    let options = &mint.options;
    let (scope, audience) = (token::scope(mint, &form)?, token::audience(mint, &form)?);
    let device_code = mint.signer.random()?;
    let user_code = user_code(mint.signer.octets()?);
    let page = mint.address("/device");
    let mut answer = json!({
        "device_code": device_code,
        "expires_in": options.device_life.as_secs(),
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
    });
    if let (Some(interval), Some(members)) = (options.device_interval, answer.as_object_mut()) {
        members.insert("interval".into(), interval.as_secs().into());
    }
    let mut ledger = mint.ledger();
    let device = Device {
        client: client.id.clone(),
        user_code,
        scope,
        audience,
        expires: ledger.now().saturating_add(options.device_life),
        interval: options.device_interval.unwrap_or(INTERVAL),
        asked: None,
        verdict: Verdict::Pending,
    };
    ledger.devices.insert(device_code, device);
    Ok(Reply::json(200, &answer))
}

/// A device asks whether its user has agreed.
/// <https://www.rfc-editor.org/rfc/rfc8628#section-3.5>
pub(super) fn exchange(mint: &Mint, client: &Client, form: &Form) -> Result<Reply, Reply> {
    let Some(code) = form.value("device_code") else {
        return Err(Reply::invalid_request("device_code is missing"));
    };
    let mut ledger = mint.ledger();
    let now = ledger.now();
    let Some(device) = ledger.devices.get_mut(code) else {
        return Err(Reply::invalid_grant("there is no such device code"));
    };
    if device.client != client.id {
        return Err(Reply::invalid_grant("the device code is of another client"));
    }
    if now >= device.expires {
        return Err(Reply::error("expired_token", "the device code has expired"));
    }
    let user = match &device.verdict {
        Verdict::Allowed(user) => user.clone(),
        Verdict::Denied => return Err(Reply::error("access_denied", "the user refused")),
        Verdict::Pending => {
            let too_early = device
                .asked
                .is_some_and(|asked| now < asked.saturating_add(device.interval));
            device.asked = Some(now);
            if too_early {
                device.interval = device.interval.saturating_add(INTERVAL);
                return Err(Reply::error(
                    "slow_down",
                    "wait five seconds longer each time",
                ));
            }
            return Err(Reply::error(
                "authorization_pending",
                "the user has not decided",
            ));
        }
    };
    let (scope, audience) = (device.scope.clone(), device.audience.clone());
    ledger.devices.remove(code);
    let grant = ledger.consent(user, client, scope, audience);
    token::first(mint, &mut ledger, grant)
}

/// A person types the code, or has it in the address.
/// <https://www.rfc-editor.org/rfc/rfc8628#section-3.3>
pub(super) fn page(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    let form = if request.method == Method::POST {
        request.form()?
    } else {
        // A link alone decides nothing: anybody could have sent it.
        Form::parse(&request.query)
            .map(|form| form.without(&["password", "username", "verdict"]))
            .map_err(Reply::invalid_request)?
    };
    let problem = match form.value("verdict") {
        Some(verdict) => match answer(mint, &form, verdict == "deny") {
            Ok(page) => return Ok(page),
            Err(problem) => Some(problem),
        },
        None => None,
    };
    let signs_in = mint.ledger().approval == Approval::Form;
    let ask = Ask {
        title: "Connect a device",
        text: "Does your device show this code?",
        problem,
        hidden: &[],
        user_code: Some(form.value("user_code").unwrap_or_default()),
        sign_in: signs_in.then(|| form.value("username").unwrap_or_default()),
    };
    Ok(Reply::html(200, ask.page()))
}

fn answer(mint: &Mint, form: &Form, denied: bool) -> Result<Reply, &'static str> {
    let given = |name| form.value(name).unwrap_or_default();
    let approval = mint.ledger().approval;
    let user: Option<&User> = match approval {
        _ if denied => None,
        Approval::Automatic => mint.options.users.first(),
        Approval::Denied => None,
        Approval::Form => Some(
            mint.options
                .signs_in(given("username"), given("password"))
                .ok_or("There is no such user with this password.")?,
        ),
    };
    let verdict = user.map_or(Verdict::Denied, |user| Verdict::Allowed(user.clone()));
    if !decide(mint, given("user_code"), verdict) {
        return Err("No device waits with this code.");
    }
    let page = if user.is_some() {
        notice(
            "Connected",
            "You may close this page and go back to your device.",
        )
    } else {
        notice("Refused", "The device gets nothing.")
    };
    Ok(Reply::html(200, page))
}

/// Whether a device waits with this code, for which this is now decided.
pub(super) fn decide(mint: &Mint, user_code: &str, verdict: Verdict) -> bool {
    let wanted = letters(user_code);
    let mut ledger = mint.ledger();
    let now = ledger.now();
    let waiting = ledger.devices.values_mut().find(|device| {
        let pending = matches!(device.verdict, Verdict::Pending);
        pending && now < device.expires && letters(&device.user_code) == wanted
    });
    let found = waiting.is_some();
    if let Some(device) = waiting {
        device.verdict = verdict;
    }
    found
}

fn user_code(octets: [u8; 8]) -> String {
    let mut code = String::new();
    for (index, octet) in octets.into_iter().enumerate() {
        if index == 4 {
            code.push('-');
        }
        let letter = LETTERS.get(usize::from(octet) % LETTERS.len());
        code.push(letter.map_or('X', |&letter| letter.into()));
    }
    code
}

/// A code as people mean it, however they type it.
fn letters(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}
