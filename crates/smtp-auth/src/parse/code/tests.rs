use super::*;

#[test]
fn enhanced_codes_have_three_numbers() {
    for (text, code) in [
        ("5.7.8", Some(Enhanced::new(5, 7, 8))),
        ("2.0.0 ok", Some(Enhanced::new(2, 0, 0))),
        ("5.7.139 x", Some(Enhanced::new(5, 7, 139))),
        ("4.999.999", Some(Enhanced::new(4, 999, 999))),
        ("3.7.8", None),
        ("5.7", None),
        ("5.7.", None),
        ("5..8", None),
        ("5.7.8.9", None),
        ("5.7.8x", None),
        ("5.7777.8", None),
        ("5.7.7777", None),
        ("", None),
    ] {
        let parsed = Enhanced::parse(text.as_bytes()).map(|(code, _)| code);
        assert_eq!(parsed, code, "{text}");
    }
}

/// Every row of the table of wire codes.
#[test]
fn codes_have_their_meaning() {
    for (code, detail, meaning) in [
        (235, Some((2, 7, 0)), None),
        (334, None, None),
        (421, Some((4, 7, 0)), Some(Reason::Closed)),
        (432, Some((4, 7, 12)), Some(Reason::MechanismUnavailable)),
        (435, None, Some(Reason::Temporary)),
        (450, None, Some(Reason::Temporary)),
        (451, None, Some(Reason::Temporary)),
        (452, None, Some(Reason::Temporary)),
        (454, Some((4, 7, 0)), Some(Reason::Temporary)),
        (500, Some((5, 5, 6)), Some(Reason::TokenTooLong)),
        (500, Some((5, 5, 1)), None),
        (500, Some((5, 5, 2)), None),
        (501, Some((5, 5, 2)), None),
        (502, Some((5, 5, 1)), Some(Reason::MechanismUnavailable)),
        (503, Some((5, 5, 1)), None),
        (504, Some((5, 5, 4)), Some(Reason::MechanismUnavailable)),
        (523, Some((5, 7, 10)), Some(Reason::EncryptionRequired)),
        (524, Some((5, 7, 11)), Some(Reason::EncryptionRequired)),
        (525, Some((5, 7, 13)), Some(Reason::AdminRequired)),
        (530, Some((5, 7, 0)), Some(Reason::EncryptionRequired)),
        (534, Some((5, 7, 9)), Some(Reason::MechanismUnavailable)),
        (535, Some((5, 7, 1)), Some(Reason::CredentialsRejected)),
        (535, Some((5, 7, 3)), Some(Reason::CredentialsRejected)),
        (535, Some((5, 7, 8)), Some(Reason::CredentialsRejected)),
        (535, Some((5, 7, 13)), Some(Reason::AdminRequired)),
        (535, Some((5, 7, 14)), Some(Reason::AuthorizationDenied)),
        (538, Some((5, 7, 11)), Some(Reason::EncryptionRequired)),
        (550, None, Some(Reason::AuthorizationDenied)),
        (551, None, Some(Reason::AuthorizationDenied)),
        (552, None, None),
        (553, None, Some(Reason::AuthorizationDenied)),
        (554, Some((5, 7, 14)), Some(Reason::AuthorizationDenied)),
        (554, None, Some(Reason::AuthorizationDenied)),
        (555, None, None),
        (571, None, Some(Reason::CredentialsRejected)),
    ] {
        let enhanced = detail.map(|(class, subject, detail)| Enhanced::new(class, subject, detail));
        assert_eq!(reason(code, enhanced), meaning, "{code} {detail:?}");
    }
}
