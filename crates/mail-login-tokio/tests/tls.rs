//! What TLS refuses, in words that help.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

#[path = "../../mail-login-tls/tests/support/mod.rs"]
mod support;

use imap_auth::{Imap, Options};
use mail_login_tokio::{Failure, Login, Server, Silent, TlsProblem, login};
use sasl_core::{Credentials, Observer, Tls};
use support::{Authority, NAME, Peer, self_signed, serve};

fn credentials() -> Credentials {
    Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap()
}

/// Logs in to a server with this certificate, trusting this authority.
async fn refused_by_tls(config: rustls::ServerConfig, trusted: &Authority) -> TlsProblem {
    let (port, server) = serve(move |stream| Peer(stream).secure(config).hear());
    let address = Server::implicit_tls("127.0.0.1", port)
        .server_name(NAME)
        .extra_ca_pem(trusted.pem().as_bytes())
        .unwrap();
    let failure = login::<Imap>(&address, credentials(), Options::default(), &mut Silent).await;
    assert_eq!(server.join().unwrap(), "", "nothing may be sent");
    let failure = failure.unwrap_err();
    let Failure::Tls(problem) = failure else {
        panic!("{failure:?}")
    };
    problem
}

#[tokio::test]
async fn wrong_name() {
    let authority = Authority::new();
    let problem = refused_by_tls(authority.server(&["other.test", "192.0.2.1"]), &authority).await;
    assert_eq!(problem.kind(), "certificate-wrong-name");
    assert_eq!(
        problem.to_string(),
        "the server's certificate has the wrong name: it is for other.test, 192.0.2.1, not for \
         mail.test; check the host name, or set the server name if that is meant"
    );
}

#[tokio::test]
async fn expired() {
    let authority = Authority::new();
    let problem = refused_by_tls(authority.expired(), &authority).await;
    assert_eq!(problem, TlsProblem::Expired);
}

#[tokio::test]
async fn unknown_authority() {
    for name in ["somebody else", "test authority"] {
        let problem =
            refused_by_tls(Authority::named(name).server(&[NAME]), &Authority::new()).await;
        assert_eq!(problem, TlsProblem::UnknownIssuer, "{name}");
    }
}

#[tokio::test]
async fn self_signed_of_both_kinds() {
    let trusted = Authority::new();
    assert_eq!(
        refused_by_tls(self_signed(false), &trusted).await,
        TlsProblem::SelfSigned
    );
    assert_eq!(
        refused_by_tls(self_signed(true), &trusted).await,
        TlsProblem::SelfSigned
    );
}

#[tokio::test]
async fn no_application_protocol() {
    let authority = Authority::new();
    let mut config = authority.server(&[NAME]);
    config.alpn_protocols = vec![b"smtp".to_vec()];
    let problem = refused_by_tls(config, &authority).await;
    assert_eq!(problem, TlsProblem::NoApplicationProtocol);
}

#[tokio::test]
async fn not_tls_at_all() {
    let (port, _server) = serve(|stream| {
        let mut peer = Peer(stream);
        peer.greet();
        peer.is_gone()
    });
    let address = Server::implicit_tls("127.0.0.1", port)
        .extra_ca_pem(Authority::new().pem().as_bytes())
        .unwrap();
    let failure = login::<Imap>(&address, credentials(), Options::default(), &mut Silent).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.kind(), "not-tls");
    assert!(failure.to_string().contains("use STARTTLS"), "{failure}");
}

#[tokio::test]
async fn alpn_extra_ca_and_address_names_work() {
    #[derive(Default)]
    struct Seen(Vec<(String, Option<Vec<u8>>, bool)>);
    impl Observer for Seen {
        fn secured(&mut self, tls: &Tls<'_>) {
            let alpn = tls.alpn.map(<[u8]>::to_vec);
            self.0
                .push((tls.version.into(), alpn, tls.certificate.is_some()));
        }
    }

    let authority = Authority::new();
    let mut config = authority.server(&["127.0.0.1"]);
    config.alpn_protocols = vec![b"imap".to_vec()];
    let (port, server) = serve(move |stream| {
        let mut peer = Peer(stream).secure(config);
        peer.greet();
        peer.answer("OK in")
    });
    let address = Server::implicit_tls("127.0.0.1", port)
        .extra_ca_pem(authority.pem().as_bytes())
        .unwrap();
    let mut seen = Seen::default();
    let login = login::<Imap>(&address, credentials(), Options::default(), &mut seen)
        .await
        .unwrap();
    let Login::Accepted(connection) = login else {
        panic!("{login:?}")
    };
    assert_eq!(connection.stream.secured().unwrap().version, "TLSv1.3");
    let alpn = Some(b"imap".to_vec());
    assert_eq!(seen.0, [("TLSv1.3".to_string(), alpn, true)]);
    assert!(server.join().unwrap().contains("AUTHENTICATE XOAUTH2"));
}
