//! The GS2 header of OAUTHBEARER (<https://www.rfc-editor.org/rfc/rfc5801#section-4>).

use alloc::string::String;

/// Reads `n,a=user,` and gives the user and what stands behind. No channel is bound by a bearer
/// token, so `p=` is refused, and `y` means the same as `n`.
pub(super) fn header(message: &str) -> Option<(Option<String>, &str)> {
    let rest = message
        .strip_prefix("n,")
        .or_else(|| message.strip_prefix("y,"))?;
    let (field, rest) = rest.split_once(',')?;
    match field {
        "" => Some((None, rest)),
        field => Some((Some(saslname(field.strip_prefix("a=")?)?), rest)),
    }
}

/// Undoes `=2C` and `=3D`; no other use of `=` is legal.
fn saslname(escaped: &str) -> Option<String> {
    if escaped.is_empty() {
        return None;
    }
    let mut name = String::with_capacity(escaped.len());
    let mut parts = escaped.split('=');
    name.push_str(parts.next()?);
    for part in parts {
        match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => {
                name.push(',');
                name.push_str(rest);
            }
            (None, Some(rest)) => {
                name.push('=');
                name.push_str(rest);
            }
            (None, None) => return None,
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unescaped() {
        let (user, rest) = header("n,a=a=2Cb=3Dc@example.com,\u{1}").unwrap();
        assert_eq!(user.as_deref(), Some("a,b=c@example.com"));
        assert_eq!(rest, "\u{1}");
        assert_eq!(header("y,,rest"), Some((None, "rest")));
    }

    #[test]
    fn malformed_headers_are_refused() {
        for bad in [
            "n,a==x,",
            "n,a=x",
            "x,,",
            "p=,,",
            "p=tls-exporter,,",
            "n,user=x,",
            "n,a=,",
            "n,a=x=2c,",
            "F,n,,",
            "n,a=x=",
            "",
            "n",
            "n,",
        ] {
            assert_eq!(header(bad), None, "{bad}");
        }
    }
}
