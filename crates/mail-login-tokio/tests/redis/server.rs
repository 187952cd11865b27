//! The stores that are tested, and a server that speaks TLS.

use std::{fs, net::TcpListener};

use mail_login_tokens::redis as blocking;
use mail_login_tokio::tokens::{
    Blocking, Store, clock,
    redis::{Redis, RedisServer},
};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use token_lifecycle::Record;

pub(crate) use crate::process::RedisProcess;

pub(crate) const JSON: &str =
    r#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;

impl RedisProcess {
    /// One that speaks TLS on loopback; the certificate of its authority.
    pub(crate) fn with_tls() -> (Self, u16, String) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let name = format!("mail-login-redis-pki-{}", clock::owner().unwrap());
        let pki = std::env::temp_dir().join(name);
        fs::create_dir(&pki).unwrap();
        let (cert, key_file) = (pki.join("cert.pem"), pki.join("key.pem"));
        fs::write(&cert, certificate.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let server = Self::with(&[
            "--tls-port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--tls-auth-clients",
            "no",
            "--tls-cert-file",
            cert.to_str().unwrap(),
            "--tls-key-file",
            key_file.to_str().unwrap(),
            "--tls-ca-cert-file",
            cert.to_str().unwrap(),
        ]);
        // The server has read them.
        fs::remove_dir_all(&pki).unwrap();
        (server, port, authority.pem())
    }
}

/// Makes stores of a grant by its name.
pub(crate) type Make = Box<dyn Fn(&str, std::time::Duration) -> Box<dyn Store>>;

/// The two stores that there are: they behave alike.
pub(crate) fn both(server: &RedisServer) -> [(&'static str, Make); 2] {
    let (one, other) = (server.clone(), server.clone());
    // A connection for each, as two processes have it.
    let without: Make = Box::new(move |grant, lease| {
        Box::new(
            Redis::new(one.clone())
                .store_with_lease(grant, lease)
                .unwrap(),
        )
    });
    let with: Make = Box::new(move |grant, lease| {
        let redis = blocking::Redis::new(other.clone());
        Box::new(Blocking::new(redis.store_with_lease(grant, lease).unwrap()))
    });
    [("without blocking", without), ("blocking", with)]
}

pub(crate) fn record(revision: u64) -> Record {
    let json = JSON.replace(r#""revision":1"#, &format!(r#""revision":{revision}"#));
    Record::from_json(json.as_bytes()).unwrap()
}
