//! Somebody between our client and our server, who does whatever can be done to octets in clear.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use harness::middle::between;
use proptest::prelude::*;

/// Two choices and a script that leaves some writes alone, so that it gets somewhere.
fn script() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![2 => Just(0_u8), 3 => any::<u8>(), 1 => 0..16_u8];
    (any::<[u8; 2]>(), proptest::collection::vec(octet, 0..40))
        .prop_map(|(choices, script)| [&choices[..], &script].concat())
}

macro_rules! protocol {
    ($name:ident, $protocol:ty) => {
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

                #[test]
                fn whatever_he_does(script in script()) {
                    between::<$protocol>(&script);
                }
            }

            /// One thing done to one write, whatever it is: for XOAUTH2 with and without its message
            /// along, in either preset, under each protection, accepted and refused.
            #[test]
            fn one_thing_at_a_time() {
                for (first, second) in [(0, 4), (1, 4), (2, 4), (2, 29), (10, 4), (18, 29), (26, 4)] {
                    for untouched in 0..4 {
                        for deed in 1..16_u8 {
                            // Those with a phrase know more than those with a place.
                            let step = if matches!(deed, 4 | 8..=11) { 1 } else { 4 };
                            for detail in (0..64).step_by(step) {
                                let mut script = vec![3 * first, second];
                                script.extend(vec![0; untouched]);
                                script.extend([deed, detail, detail]);
                                between::<$protocol>(&script);
                            }
                        }
                    }
                }
            }
        }
    };
}

protocol!(imap, imap_auth::Imap);
protocol!(sieve, sieve_auth::Sieve);
protocol!(smtp, smtp_auth::Smtp);
