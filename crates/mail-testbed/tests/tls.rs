//! Who is trusted, and for what; where a provider runs, and when it ends.

#![allow(
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use mail_testbed::{Authority, Endpoint, Provider, ProviderOptions};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig,
    ServerConnection, crypto::ring,
};
use support::{Client, start};

#[test]
fn the_provider_is_trusted_by_who_trusts_its_authority_alone() {
    let (provider, client) = start(ProviderOptions::new());
    client.get(&provider.url(Endpoint::Discovery)).good();
    let other = Client::trusting(Authority::new().unwrap().der().as_ref());
    let error = other
        .agent
        .get(provider.url(Endpoint::Discovery))
        .call()
        .unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(provider.requests(Endpoint::Discovery), 1);
}

#[test]
fn one_authority_may_vouch_for_all_and_the_host_be_chosen() {
    let authority = Arc::new(Authority::new().unwrap());
    let options = ProviderOptions::new()
        .authority(Arc::clone(&authority))
        .host("localhost");
    let (provider, _) = start(options);
    assert!(provider.issuer().starts_with("https://localhost:"));
    let client = Client::trusting(authority.der().as_ref());
    let document = client.get(&provider.url(Endpoint::Discovery)).good();
    assert_eq!(document.text("issuer"), provider.issuer());
}

#[test]
fn without_tls_it_is_http() {
    let (provider, client) = start(ProviderOptions::new().plain_http());
    assert!(provider.issuer().starts_with("http://127.0.0.1:"));
    client.get(&provider.url(Endpoint::Discovery)).good();
}

#[test]
fn it_runs_on_a_runtime_that_is_there() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let provider = Provider::start_on(runtime.handle(), ProviderOptions::new()).unwrap();
    let client = Client::trusting(provider.authority().der().as_ref());
    let url = provider.url(Endpoint::Jwks);
    let (done, wait) = tokio::sync::oneshot::channel();
    let thread = thread::spawn(move || done.send(client.get(&url).status));
    assert_eq!(runtime.block_on(wait), Ok(200));
    thread.join().unwrap().unwrap();
    // It is no thread's own: dropping it needs no runtime, and the runtime goes on.
    drop(provider);
    runtime.block_on(async {});
}

#[test]
fn one_with_a_thread_of_its_own_may_start_and_end_within_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let status = runtime.block_on(async {
        let (provider, client) = start(ProviderOptions::new());
        client.get(&provider.url(Endpoint::Jwks)).status
    });
    assert_eq!(status, 200);
}

#[test]
fn it_ends_when_it_is_dropped_with_its_connections() {
    let provider = Provider::start(ProviderOptions::new().plain_http()).unwrap();
    let address = provider.address();
    let mut open = TcpStream::connect(address).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    open.write_all(b"GET /jwks HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    assert!(open.read(&mut [0; 4096]).unwrap() > 0);
    drop(provider);
    // Closed or reset, whichever: there is nobody.
    assert!(matches!(open.read(&mut [0; 4096]), Ok(0) | Err(_)));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn certificates_are_good_for_what_they_say() {
    let authority = Authority::new().unwrap();
    let good = || authority.server_config(&["mail.example.com"]).unwrap();
    for name in ["localhost", "127.0.0.1", "::1", "mail.example.com"] {
        assert_eq!(verify(&authority, name, good()), None, "{name}");
    }
    assert!(matches!(
        verify(&authority, "other.example.com", good()),
        Some(CertificateError::NotValidForNameContext { .. })
    ));
    assert!(matches!(
        verify(&authority, "localhost", authority.expired(&[]).unwrap()),
        Some(CertificateError::ExpiredContext { .. })
    ));
    let elsewhere = authority.only_for(&["elsewhere.example.com"]).unwrap();
    assert!(matches!(
        verify(&authority, "localhost", elsewhere.clone()),
        Some(CertificateError::NotValidForNameContext { .. })
    ));
    assert_eq!(verify(&authority, "elsewhere.example.com", elsewhere), None);
    let stranger = Authority::new().unwrap();
    // The same name and another key: the signature gives it away.
    assert!(matches!(
        verify(&stranger, "localhost", good()),
        Some(CertificateError::BadSignature | CertificateError::UnknownIssuer)
    ));
    assert!(authority.server_config(&["not a name\u{e9}"]).is_err());
}

/// What a client that trusts the authority has against the certificate.
fn verify(authority: &Authority, name: &str, server: ServerConfig) -> Option<CertificateError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = name.to_owned().try_into().unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        // What the client has against it, the client says.
        while server.is_handshaking() && server.complete_io(&mut stream).is_ok() {}
    });
    let mut stream = TcpStream::connect(address).unwrap();
    let outcome = client.complete_io(&mut stream);
    drop(stream);
    server.join().unwrap();
    let error = outcome.err()?;
    match error.into_inner()?.downcast::<Error>().ok().map(|it| *it) {
        Some(Error::InvalidCertificate(error)) => Some(error),
        other => panic!("not about the certificate: {other:?}"),
    }
}
