use alloc::string::ToString;

use super::*;

fn offer(list: &str) -> Offer {
    let offer = capabilities(list.as_bytes(), true).unwrap();
    assert_eq!(capabilities(list.as_bytes(), false), Ok(offer), "{list}");
    offer
}

/// I13: names in any case; order and repetition mean nothing.
#[test]
fn names_are_recognised_whole() {
    let all = "imap4REV1 starttls LoginDisabled sasl-ir auth=plain AUTH=Login Auth=XOAuth2 \
               AUTH=EXTERNAL AUTH=OAUTHBEARER AUTH=PLAIN";
    let all = offer(all);
    assert!(all.names_revision() && all.starttls() && all.login_disabled());
    assert!(all.allows_initial_response());
    assert!(!all.names_both_literals() && !all.has_nameless_mechanism());
    assert_eq!(
        all.mechanisms().to_string(),
        "EXTERNAL LOGIN OAUTHBEARER PLAIN XOAUTH2"
    );
    for other in [
        "IMAP4",
        "IMAP4rev3",
        "IMAP4rev10",
        "STARTTLSX",
        "XSTARTTLS",
        "SASL_IR",
        "LOGINDISABLE",
        "AUTH=PLAI",
        "AUTH=PLAINS",
        "AUTH-PLAIN",
        "AUTH=XOAUTH",
        "AUTH=OAUTHBEARES",
        "AUTH=SCRAM-SHA-1",
        "PLAIN",
        "XOAUTH2",
    ] {
        let offer = offer(other);
        let nothing = Offer {
            longest: offer.longest,
            ..Offer::default()
        };
        assert_eq!(offer, nothing, "{other}");
    }
}

/// RFC 4959 section 3: revision 2 has it built in, unless it is revision 1 that is spoken.
#[test]
fn who_takes_a_first_message() {
    for (list, takes) in [
        ("IMAP4rev1", false),
        ("IMAP4rev1 SASL-IR", true),
        ("SASL-IR", true),
        ("IMAP4rev2", true),
        ("IMAP4rev1 IMAP4rev2", false),
        ("IMAP4rev2 IMAP4rev1 SASL-IR", true),
    ] {
        assert_eq!(offer(list).allows_initial_response(), takes, "{list}");
    }
}

/// I16, and a mechanism that has no name.
#[test]
fn what_is_odd_is_noticed() {
    for (list, both) in [
        ("LITERAL+", false),
        ("LITERAL-", false),
        ("literal+ literal-", true),
        ("LITERAL+ LITERAL+", false),
    ] {
        assert_eq!(offer(list).names_both_literals(), both, "{list}");
    }
    for (list, nameless) in [("AUTH=", true), ("auth", true), ("AUTH=X", false)] {
        assert_eq!(offer(list).has_nameless_mechanism(), nameless, "{list}");
    }
}

/// I14: single spaces, or as many as there are.
#[test]
fn spaces_count_in_the_strict_preset() {
    for list in ["", " ", " A", "A ", "A  SASL-IR", "SASL-IR  "] {
        let refused = capabilities(list.as_bytes(), true);
        assert_eq!(refused, Err(Violation::BadCapabilities), "{list:?}");
        let taken = capabilities(list.as_bytes(), false).unwrap();
        assert_eq!(taken.allows_initial_response(), list.contains("SASL-IR"));
    }
}

/// Of names that could matter; see the limit of what is kept.
#[test]
fn the_longest_unknown_name_is_measured() {
    for (list, longest) in [("A", 1), ("A BBBBBB CC", 6), ("IDLE QUOTA=RES-STORAGE", 17)] {
        assert_eq!(offer(list).longest_name(), longest, "{list}");
    }
    let long = "x".repeat(300);
    assert_eq!(offer(&long).longest_name(), 300);
}
