//! The first message of OAUTHBEARER and XOAUTH2 as base64: ours, floors, peers.

use base64::{Engine, engine::general_purpose::STANDARD};
use imap_codec::encode::Encoder;
use imap_types::{
    auth::AuthMechanism,
    command::{Command, CommandBody},
    core::Tag,
};
use io_sasl::{
    coroutine::{SaslArg, SaslCoroutine, SaslCoroutineState, SaslYield},
    rfc7628::oauthbearer::{SaslOauthbearer, SaslOauthbearerCreds},
    xoauth2::{SaslXoauth2, SaslXoauth2Creds},
};
use lettre::transport::smtp::{
    authentication::{Credentials as LettreCredentials, Mechanism as LettreMechanism},
    commands::Auth,
};
use mail_login_benches::{
    Table,
    count::heap_of,
    floor::message::{self, by_scalar, by_simd},
    inputs::{HOST, PORT, USER, token},
    peers::rsasl,
};
use sasl_core::{Credentials, Endpoint, Mechanism, Response};
use secrecy::SecretString;

fn main() {
    for octets in [200, 1536, 8192] {
        let token = token(octets);
        xoauth2(&token);
        oauthbearer(&token);
    }
}

fn xoauth2(token: &str) {
    let raw = || format!("user={USER}\x01auth=Bearer {token}\x01\x01");
    let wanted = STANDARD.encode(raw());
    let wanted = wanted.as_bytes();
    let len = message::xoauth2_len(USER, token);
    let into = |out: &mut [u8], encode| message::xoauth2_into(USER, token, out, encode);
    let append = |out: &mut Vec<u8>| message::append_xoauth2(USER, token, out);

    let credentials = Credentials::bearer(USER, token).expect("they are well-formed");
    let ours = || Response::new(&credentials, Mechanism::XOAuth2, None).expect("a token fits");
    check(&ours(), wanted);
    let mut table = Table::new(format!("XOAUTH2, token of {} octets", token.len()));
    floors(&mut table, wanted, len, into, append);
    table.ours("`Response::to_vec`", || ours().to_vec());
    let mut buffer = vec![0; len];
    table.ours("`Response::write_into`, buffer kept", move || {
        ours().write_into(&mut buffer)
    });

    table.other("recipe: `format!`, `STANDARD.encode`", || {
        STANDARD.encode(raw())
    });
    let config = rsasl::config(token);
    assert_eq!(rsasl::first_message(&config, "XOAUTH2"), wanted);
    table.other("rsasl 2.3.1", move || {
        rsasl::first_message(&config, "XOAUTH2")
    });
    let for_io = SaslXoauth2Creds {
        username: USER.into(),
        token: SecretString::from(token),
    };
    let io_sasl = move || encode_yield(SaslXoauth2::new(for_io.clone()).resume(SaslArg::None));
    assert_eq!(io_sasl().as_bytes(), wanted);
    table.other("io-sasl 0.1.0, base64", io_sasl);
    let for_lettre = LettreCredentials::new(USER.into(), token.into());
    let lettre = move || {
        let auth = Auth::new(LettreMechanism::Xoauth2, for_lettre.clone(), None);
        auth.expect("it speaks first").to_string()
    };
    assert!(contains(lettre().as_bytes(), wanted));
    table.other("lettre 0.11.23, whole line", lettre);
    let for_mail_send = mail_send::Credentials::<String>::new_xoauth2(USER.into(), token.into());
    let mail_send = move || {
        for_mail_send
            .encode(smtp_proto::AUTH_XOAUTH2, "")
            .expect("it knows it")
    };
    assert_eq!(mail_send().as_bytes(), wanted);
    table.other("mail-send 0.7.0", mail_send);
    let imap_codec = || imap_line(AuthMechanism::XOAuth2, raw());
    assert!(contains(&imap_codec(), wanted));
    table.other("imap-codec 2.0.0-alpha.10, whole line", imap_codec);
    table.run();
}

fn oauthbearer(token: &str) {
    let raw =
        || format!("n,a={USER},\x01host={HOST}\x01port={PORT}\x01auth=Bearer {token}\x01\x01");
    let wanted = STANDARD.encode(raw());
    let wanted = wanted.as_bytes();
    let port = PORT.to_string();
    let len = message::oauthbearer_len(USER, HOST, &port, token);
    let into =
        |out: &mut [u8], encode| message::oauthbearer_into(USER, HOST, &port, token, out, encode);
    let append = |out: &mut Vec<u8>| message::append_oauthbearer(USER, HOST, &port, token, out);

    let credentials = Credentials::bearer(USER, token).expect("they are well-formed");
    let endpoint = Endpoint::new(HOST, PORT).expect("it is well-formed");
    let ours = || {
        let response = Response::new(&credentials, Mechanism::OAuthBearer, Some(&endpoint));
        response.expect("a token fits")
    };
    check(&ours(), wanted);
    let mut table = Table::new(format!("OAUTHBEARER, token of {} octets", token.len()));
    floors(&mut table, wanted, len, into, append);
    table.ours("`Response::to_vec`", || ours().to_vec());
    let mut buffer = vec![0; len];
    table.ours("`Response::write_into`, buffer kept", move || {
        ours().write_into(&mut buffer)
    });

    table.other("recipe: `format!`, `STANDARD.encode`", || {
        STANDARD.encode(raw())
    });
    let config = rsasl::config(token);
    assert_eq!(rsasl::first_message(&config, "OAUTHBEARER"), wanted);
    table.other("rsasl 2.3.1", move || {
        rsasl::first_message(&config, "OAUTHBEARER")
    });
    let for_io = SaslOauthbearerCreds {
        username: USER.into(),
        host: HOST.into(),
        port: PORT,
        token: SecretString::from(token),
    };
    let io_sasl = move || encode_yield(SaslOauthbearer::new(for_io.clone()).resume(SaslArg::None));
    assert_eq!(io_sasl().as_bytes(), wanted);
    table.other("io-sasl 0.1.0, base64", io_sasl);
    let for_mail_send = mail_send::Credentials::<String>::new_oauth(raw());
    let mail_send = move || {
        for_mail_send
            .encode(smtp_proto::AUTH_OAUTHBEARER, "")
            .expect("it knows it")
    };
    assert_eq!(mail_send().as_bytes(), wanted);
    table.other(
        "mail-send 0.7.0; the caller has built the message",
        mail_send,
    );
    let imap_codec = || imap_line(AuthMechanism::OAuthBearer, raw());
    assert!(contains(&imap_codec(), wanted));
    table.other("imap-codec 2.0.0-alpha.10, whole line", imap_codec);
    table.run();
}

/// Ours says what is wanted, in as few allocations as promised.
fn check(ours: &Response<'_>, wanted: &[u8]) {
    let (vector, heap) = heap_of(|| ours.to_vec());
    assert_eq!((&*vector, heap.allocs, heap.reallocs), (wanted, 1, 0));
    let mut buffer = vec![0; wanted.len()];
    let (written, heap) = heap_of(|| ours.write_into(&mut buffer));
    assert_eq!(
        (written, &*buffer, heap.allocs),
        (Some(wanted.len()), wanted, 0)
    );
}

fn floors<'a>(
    table: &mut Table<'a>,
    wanted: &[u8],
    len: usize,
    into: impl Fn(&mut [u8], message::Encode) -> usize + Copy + 'a,
    append: impl Fn(&mut Vec<u8>) + 'a,
) {
    let by_encodify = move || {
        let mut out = Vec::with_capacity(len);
        append(&mut out);
        out
    };
    let vector = move |encode| {
        let mut out = vec![0; len];
        into(&mut out, encode);
        out
    };
    assert_eq!(by_encodify(), wanted);
    assert_eq!(vector(by_simd), wanted);
    assert_eq!(vector(by_scalar), wanted);
    table.floor("one vector, `base64` by SIMD", move || vector(by_simd));
    table.other("one vector, `encodify`", by_encodify);
    table.other("one vector, `base64` scalar", move || vector(by_scalar));
    let mut buffer = vec![0; len];
    table.other("buffer kept, `base64` by SIMD", move || {
        into(&mut buffer, by_simd)
    });
}

fn encode_yield<T>(state: SaslCoroutineState<SaslYield, T>) -> String {
    match state {
        SaslCoroutineState::Yielded(SaslYield::WantsWrite(message)) => STANDARD.encode(message),
        _ => panic!("it speaks first"),
    }
}

fn imap_line(mechanism: AuthMechanism<'static>, raw: String) -> Vec<u8> {
    let command = Command {
        tag: Tag::try_from("A1").expect("it is a tag"),
        body: CommandBody::authenticate_with_ir(mechanism, raw.into_bytes()),
    };
    imap_codec::CommandCodec::new().encode(&command).dump()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
