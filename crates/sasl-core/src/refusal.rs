//! The JSON document with which a server explains a refused token.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::{Credentials, Reason, Text, base64};

/// Why a token was refused, in the server's words
/// (<https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2>). All of it is untrusted: in particular
/// [`openid_configuration`](Self::openid_configuration) is never fetched, because sending a refresh
/// token to an authorization server that a mail server named would give the token away.
///
/// ```
/// use sasl_core::{Reason, Refusal};
///
/// let refusal = Refusal::parse(br#"{"status":401,"schemes":"bearer","scope":"https:\/\/mail.google.com\/"}"#);
/// assert_eq!(refusal.status(), Some("401"));
/// assert_eq!(refusal.scope(), Some("https://mail.google.com/"));
/// assert_eq!(refusal.reason(), Reason::TokenRejected);
/// // Whatever a server sends is a refusal all the same.
/// assert_eq!(Refusal::parse(b"no JSON").reason(), Reason::CredentialsRejected);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    members: Option<Members>,
    raw: Vec<u8>,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Members {
    status: Option<String>,
    scope: Option<String>,
    openid_configuration: Option<String>,
}

impl Members {
    fn all(&mut self) -> [Option<&mut String>; 3] {
        [
            self.status.as_mut(),
            self.scope.as_mut(),
            self.openid_configuration.as_mut(),
        ]
    }
}

/// Nesting beyond this is not looked into.
const DEPTH: usize = 8;
/// A longer document is not looked into.
const LENGTH: usize = 16 << 10;

impl Refusal {
    /// Reads a document. Never fails: what cannot be read leaves every member empty.
    pub fn parse(document: &[u8]) -> Self {
        let readable = document.len() <= LENGTH && depth(document) <= DEPTH;
        // All of it has to be UTF-8, also what nobody looks at.
        let text = core::str::from_utf8(document).ok().filter(|_| readable);
        let members = text.and_then(|text| serde_json::from_str(text).ok());
        Self {
            members,
            raw: document.get(..1024).unwrap_or(document).to_vec(),
        }
    }

    /// The same without the secret of these credentials, however the server spells it.
    pub(crate) fn parse_for(document: &[u8], credentials: &Credentials) -> Self {
        let document = credentials.scrub(document);
        let mut refusal = Self::parse(&document);
        if credentials.are_repeated_in(&unescaped(&document)) {
            refusal.raw = base64::LEFT_OUT.to_vec();
            let members = refusal.members.iter_mut().flat_map(Members::all);
            for member in members.flatten() {
                let clean = credentials.scrub(member.as_bytes());
                *member = String::from_utf8_lossy(&clean).into_owned();
            }
        }
        refusal
    }

    /// An OAuth error code (`invalid_token`) or an HTTP status (`401`).
    pub fn status(&self) -> Option<&str> {
        self.members.as_ref()?.status.as_deref()
    }

    /// The scope that a token needs.
    pub fn scope(&self) -> Option<&str> {
        self.members.as_ref()?.scope.as_deref()
    }

    /// Where the server says that its authorization server describes itself. Only an `https` URL is
    /// reported.
    pub fn openid_configuration(&self) -> Option<&str> {
        self.members.as_ref()?.openid_configuration.as_deref()
    }

    /// Whether the document was JSON as RFC 7628 wants it.
    pub fn is_readable(&self) -> bool {
        self.members.is_some()
    }

    /// The document itself, at most 1 KiB of it.
    pub fn raw(&self) -> Text<'_> {
        Text::new(&self.raw)
    }

    /// What it means. Nothing is read from prose.
    pub fn reason(&self) -> Reason {
        match self.status() {
            Some("401" | "invalid_token") => Reason::TokenRejected,
            Some("403" | "insufficient_scope") => Reason::ScopeInsufficient,
            _ => Reason::CredentialsRejected,
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({})", self.raw())
    }
}

/// Text with the escapes of JSON that an ASCII character may have replaced by the character:
/// `\\/` is how some servers write `/`, and `\\u0041` is a way to write anything.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return plain,
            [b'\\', b'u', b'0', b'0', high, low, rest @ ..] => {
                let digits = [high, low].map(|digit| char::from(*digit).to_digit(16));
                match digits {
                    // Two hexadecimal digits make an octet.
                    [Some(high), Some(low)] => plain.push((high * 16 + low) as u8),
                    _ => plain.extend([*high, *low]),
                }
                rest
            }
            [b'\\', octet, rest @ ..] | [octet, rest @ ..] => {
                plain.push(*octet);
                rest
            }
        };
    }
}

/// The deepest nesting of arrays and objects, in one pass and without a stack.
fn depth(document: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for octet in document {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                // Two answers to one question are none.
                "status" if members.status.is_some() => {
                    return Err(serde::de::Error::duplicate_field("status"));
                }
                "status" => members.status = map.next_value::<Scalar>()?.0,
                "scope" => members.scope = map.next_value::<Scalar>()?.0,
                "openid-configuration" => {
                    let url = map.next_value::<Scalar>()?.0;
                    members.openid_configuration = url.filter(|url| is_https(url));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}

fn is_https(url: &str) -> bool {
    url.get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
        && url.len() > 8
        && url.bytes().all(|octet| matches!(octet, 0x21..=0x7e))
}

/// A string, or a number as its digits; anything else counts as absent.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Some(text),
            serde_json::Value::Number(number) => Some(alloc::format!("{number}")),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn tolerant_in_form_strict_in_meaning() {
        let cases: &[(&str, Option<&str>, Reason)] = &[
            (
                r#"{"status":"invalid_token"}"#,
                Some("invalid_token"),
                Reason::TokenRejected,
            ),
            (r#"{"status":401}"#, Some("401"), Reason::TokenRejected),
            (
                r#"{"scope":"mail","status":"403","x":[{"y":{}}]}"#,
                Some("403"),
                Reason::ScopeInsufficient,
            ),
            (
                "{\"status\":\"insufficient_scope\"}\n",
                Some("insufficient_scope"),
                Reason::ScopeInsufficient,
            ),
            (
                r#"{"status":"400","schemes":"Bearer"}"#,
                Some("400"),
                Reason::CredentialsRejected,
            ),
            (
                r#"{"status":"500","openid-configuration":""}"#,
                Some("500"),
                Reason::CredentialsRejected,
            ),
            (
                r#"{"status":"401","status":"403"}"#,
                None,
                Reason::CredentialsRejected,
            ),
            (r#"{"status":["401"]}"#, None, Reason::CredentialsRejected),
            (r#"["401"]"#, None, Reason::CredentialsRejected),
            ("", None, Reason::CredentialsRejected),
            (
                r#"{"status":"401"} trailing"#,
                None,
                Reason::CredentialsRejected,
            ),
            (r#"{"status":"401"#, None, Reason::CredentialsRejected),
            (
                "{\"status\":\"40\u{0}1\"}",
                None,
                Reason::CredentialsRejected,
            ),
        ];
        for (document, status, reason) in cases {
            let refusal = Refusal::parse(document.as_bytes());
            assert_eq!(
                (refusal.status(), refusal.reason()),
                (*status, *reason),
                "{document}"
            );
        }
        assert!(!Refusal::parse(b"{\"status\":\"\xff\"}").is_readable());
        assert!(!Refusal::parse(b"{\"status\":\"401\",\"x\":\"\xff\"}").is_readable());
    }

    #[test]
    fn deep_and_long_documents_are_not_looked_into() {
        let mut deep = b"{\"status\":\"401\",\"x\":".to_vec();
        deep.extend(vec![b'['; 100_000]);
        assert!(!Refusal::parse(&deep).is_readable());
        let mut long = b"{\"status\":\"401\",\"x\":\"".to_vec();
        long.extend(vec![b'x'; LENGTH]);
        long.extend(b"\"}");
        assert!(!Refusal::parse(&long).is_readable());
        assert_eq!(Refusal::parse(&long).raw().as_bytes().len(), 1024);
    }

    #[test]
    fn a_secret_is_found_in_any_spelling() {
        let token = "ya29.abc/def+ghi_JKL";
        let credentials = Credentials::bearer("user", token).unwrap();
        let spelled: String = token
            .chars()
            .map(|c| alloc::format!("\\u{:04X}", u32::from(c)))
            .collect();
        for spelling in [token, "ya29.abc\\/def+ghi_JKL", &spelled] {
            for member in ["status", "scope", "unknown"] {
                let document = alloc::format!("{{\"{member}\":\"x {spelling}\"}}");
                let refusal = Refusal::parse_for(document.as_bytes(), &credentials);
                assert!(refusal.is_readable(), "{refusal:?}");
                let raw = String::from_utf8(unescaped(refusal.raw().as_bytes())).unwrap();
                let shown = [refusal.status(), refusal.scope(), Some(raw.as_str())];
                assert!(
                    !shown.iter().flatten().any(|text| text.contains(token)),
                    "{document}"
                );
                // What a transcript shows of it.
                let line = vec![b'-'; base64::encoded_len(document.len())];
                let mut line = [b"334 ".to_vec(), line].concat();
                base64::encode(document.as_bytes(), line.get_mut(4..).unwrap());
                assert_eq!(credentials.scrub(&line), base64::LEFT_OUT, "{document}");
            }
        }
    }

    #[test]
    fn only_https_is_reported() {
        let refusal = |url: &str| {
            let document = alloc::format!("{{\"openid-configuration\":\"{url}\"}}");
            Refusal::parse(document.as_bytes())
                .openid_configuration()
                .map(String::from)
        };
        assert_eq!(
            refusal("https://id.example.com/x").as_deref(),
            Some("https://id.example.com/x")
        );
        for bad in [
            "http://id.example.com/",
            "file:///etc/passwd",
            "https://",
            "https://a b",
            "",
        ] {
            assert_eq!(refusal(bad), None, "{bad}");
        }
    }
}
