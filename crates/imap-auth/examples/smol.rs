//! The pure machine on an executor that no driver here knows: smol, over TLS by futures-rustls.
//! `TOKEN=… cargo run -p imap-auth --example smol -- HOST PORT USER CA_FILE`.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "an example"
)]

use std::{error::Error, sync::Arc};

use futures_rustls::{
    TlsConnector,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    rustls,
};
use imap_auth::{Login, Options};
use sasl_core::{Credentials, Machine, Outcome, Step};
use smol::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [host, port, user, ca] = arguments.as_slice() else {
        return Err("four arguments".into());
    };
    let credentials = Credentials::bearer(user, std::env::var("TOKEN")?)?;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    smol::block_on(async {
        let socket = TcpStream::connect((host.as_str(), port.parse()?)).await?;
        let name = ServerName::try_from(host.clone())?;
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect(name, socket)
            .await?;

        // The whole driver.
        let mut login = Login::over_tls(credentials, Options::new());
        let mut buffer = [0; 4096];
        let outcome = loop {
            match login.poll()? {
                Step::Write(bytes) => stream.write_all(&bytes).await?,
                Step::Read => {
                    stream.flush().await?;
                    let read = stream.read(&mut buffer).await?;
                    login.handle_input(&buffer[..read]);
                }
                Step::Event(event) => println!("{event:?}"),
                Step::Done(outcome) => break outcome,
            }
        };
        match outcome {
            Outcome::Accepted(session) => println!("in: {:?}", session.capabilities()),
            Outcome::Rejected(rejection) => println!("refused: {rejection}"),
        }
        Ok(())
    })
}
