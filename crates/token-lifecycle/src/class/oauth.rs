//! What the error codes of OAuth mean.

use super::{Class, Exchange, Failure, PAUSE, Remedy, Setting};
use crate::{GrantKind, Response, response::Members};

/// The rules 8 to 20 and 27, in this order.
pub(super) fn classify(exchange: &Exchange, response: &Response<'_>, members: &Members) -> Failure {
    let code = members.error.text().unwrap_or_default();
    let wait = response.retry_after(Some(exchange.sent));
    match code {
        // OpenID providers and Google say so at any status.
        "temporarily_unavailable" | "server_error" | "internal_failure" | "rate_limit_exceeded" => {
            Failure::new(Class::Transient).after(wait)
        }
        // <https://www.rfc-editor.org/rfc/rfc8628#section-3.5>
        "authorization_pending" if is_device(exchange) => Failure::new(Class::Pending),
        "slow_down" if is_device(exchange) => Failure::new(Class::SlowDown),
        "expired_token" | "bad_verification_code" | "invalid_grant" if is_device(exchange) => {
            Failure::new(Class::FlowExpired)
        }
        "access_denied" | "authorization_declined" => Failure::new(Class::FlowDenied),
        "interaction_required"
        | "login_required"
        | "consent_required"
        | "account_selection_required"
        | "mfa_required" => Failure::new(Class::SignIn),
        "invalid_grant" => invalid_grant(exchange, response, members),
        "invalid_client" | "unauthorized_client" => {
            Failure::new(Class::Misconfigured(Setting::Client))
        }
        "unsupported_grant_type" | "unsupported_token_type" => {
            Failure::new(Class::Misconfigured(Setting::Grant))
        }
        // <https://www.rfc-editor.org/rfc/rfc8707#section-2>
        "invalid_target" => Failure::new(Class::Misconfigured(Setting::Resource)),
        "invalid_scope" => {
            // A refresh needs no scope (<https://www.rfc-editor.org/rfc/rfc6749#section-6>).
            let remedy = (exchange.kind == GrantKind::RefreshToken).then_some(Remedy::WithoutScope);
            Failure::new(Class::Misconfigured(Setting::Scope)).or_try(remedy)
        }
        "invalid_request"
            if is_refresh(exchange) && exchange.quirks.invalid_request_is_dead_token =>
        {
            Failure::new(Class::GrantRejected)
        }
        "invalid_request" => Failure::new(Class::Misconfigured(Setting::Request)),
        // No standard has it here; seen in the wild.
        "invalid_token" if is_refresh(exchange) => Failure::new(Class::GrantRejected),
        _ => Failure::new(Class::Suspicious).escalating(5, Setting::Unknown),
    }
}

/// The rules 13 to 16: what was refused depends on what was sent.
fn invalid_grant(exchange: &Exchange, response: &Response<'_>, members: &Members) -> Failure {
    let subcode = members
        .suberror
        .text()
        .or_else(|| members.error_subtype.text());
    if let Some("client_mismatch" | "protection_policy_required") = subcode {
        return Failure::new(Class::Misconfigured(Setting::Policy));
    }
    let description = members.error_description.text().unwrap_or_default();
    let is_throttle = |prefix| description.starts_with(prefix);
    if exchange
        .quirks
        .invalid_grant_throttle_prefix
        .is_some_and(is_throttle)
    {
        let wait = response.retry_after(Some(exchange.sent)).unwrap_or(PAUSE);
        return Failure::new(Class::Throttled).after(Some(wait));
    }
    match exchange.kind {
        GrantKind::RefreshToken => Failure::new(Class::GrantRejected),
        GrantKind::AuthorizationCode | GrantKind::DeviceCode => Failure::new(Class::FlowExpired),
        GrantKind::JwtBearer => {
            let skew = exchange.skew(response).unwrap_or(0);
            Failure::new(Class::Misconfigured(Setting::Assertion))
                .or_try(Some(Remedy::Clock { skew }))
        }
        GrantKind::Password => Failure::new(Class::SignIn),
        GrantKind::ClientCredentials => Failure::new(Class::Misconfigured(Setting::Client)),
    }
}

fn is_device(exchange: &Exchange) -> bool {
    exchange.kind == GrantKind::DeviceCode
}

fn is_refresh(exchange: &Exchange) -> bool {
    exchange.kind == GrantKind::RefreshToken
}
