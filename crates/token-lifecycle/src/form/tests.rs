use alloc::string::ToString;

use proptest::prelude::*;

use super::*;

fn encoded(text: &str) -> String {
    let mut target = String::new();
    encode(text, &mut target);
    target
}

/// <https://www.rfc-editor.org/rfc/rfc6749#appendix-B>
#[test]
fn example_of_the_standard() {
    assert_eq!(encoded(" %&+£€"), "+%25%26%2B%C2%A3%E2%82%AC");
    assert_eq!(
        decode("+%25%26%2B%C2%A3%E2%82%AC").unwrap().as_str(),
        " %&+£€"
    );
}

#[test]
fn what_stays_as_it_is() {
    assert_eq!(encoded("AZaz09-._*"), "AZaz09-._*");
    assert_eq!(encoded("~/:="), "%7E%2F%3A%3D");
    // The standard itself writes a full stop as `%2E` in an example.
    assert_eq!(decode("example%2Ecom~").unwrap().as_str(), "example.com~");
}

#[test]
fn malformed_escapes_are_refused() {
    for bad in ["%", "a%2", "%zz", "%+1", "%ff", "%C3", "%-1", "%%25"] {
        assert!(decode(bad).is_none(), "{bad}");
    }
}

#[test]
fn pairs_are_cut_at_the_first_sign() {
    let read: Vec<_> = pairs("a=b=c&&d&=e&f=").collect();
    assert_eq!(read, [("a", "b=c"), ("d", ""), ("", "e"), ("f", "")]);
}

#[test]
fn parameters_are_joined() {
    let mut form = Form::new();
    form.push("grant_type", "refresh_token");
    form.push("scope", "a b");
    assert_eq!(form.as_str(), "grant_type=refresh_token&scope=a+b");
}

proptest! {
    #[test]
    fn there_and_back(text in any::<String>()) {
        let form = encoded(&text);
        prop_assert!(form.bytes().all(|octet| matches!(octet, 0x21..=0x7e)));
        prop_assert_eq!(decode(&form).unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for (name, value) in pairs(&text) {
            let _ = (decode(name), decode(value));
        }
    }

    #[test]
    fn a_form_is_read_as_it_was_written(parameters in proptest::collection::vec(("[a-z_]{1,8}", any::<String>()), 0..6)) {
        let mut form = Form::new();
        for (name, value) in &parameters {
            form.push(name, value);
        }
        let read: Vec<_> = pairs(form.as_str())
            .map(|(name, value)| (name.to_string(), decode(value).unwrap().to_string()))
            .collect();
        prop_assert_eq!(read, parameters);
    }
}
