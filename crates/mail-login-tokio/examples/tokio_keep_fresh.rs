//! Keeps a grant in a file fresh and logs in to an IMAP server with it: `cargo run --features tokens
//! --example tokio_keep_fresh -- RECORD_FILE TOKEN_ENDPOINT CLIENT_ID SCOPE HOST USER`.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "an example is a program"
)]

use imap_auth::Imap;
use mail_login_tokio::{
    Login, Server, Silent,
    tokens::{Blocking, FileStore, HttpClient, Keepers, Settings, clock, login_with_keeper},
};
use token_lifecycle::{Audience, Client, Options, Url};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [record, endpoint, client, scope, host, user] = arguments.as_slice() else {
        return Err("six arguments".into());
    };
    let options = Options::new(clock::owner()?, Audience::new(scope.as_str()));
    let settings = Settings::new(Url::new(endpoint)?, Client::public(client)?, options);
    let keepers = Keepers::new(HttpClient::new());
    let keeper = keepers.add(settings, Blocking::new(FileStore::new(record)));

    let server = Server::implicit_tls(host, 993);
    let options = imap_auth::Options::new();
    match login_with_keeper::<Imap>(&server, user, &keeper, options, &mut Silent).await? {
        Login::Accepted(connection) => println!("in: {:?}", connection.session.capabilities()),
        Login::Rejected(refused) => println!("refused: {}", refused.rejection()),
    }
    Ok(())
}
