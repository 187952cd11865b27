//! getmail 6, which fetches mail by IMAP.

use sasl_core::Mechanism;

use super::{
    program::Program,
    stage::{Case, Protocol, Stage, Tls, USER},
};

#[test]
fn imap() {
    let stage = Stage::new("getmail");
    let refusal = (&[127][..], "credential/login error ([AUTHENTICATIONFAILED]");
    let client = |case: &Case<'_>| {
        let directory = case.stage.directory();
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(directory.join("Mail").join(part)).unwrap();
        }
        let token = case.stage.file("token", &case.token);
        let config = format!(
            "[retriever]\ntype = SimpleIMAPSSLRetriever\nserver = localhost\nport = {}\n\
             username = {USER}\nuse_xoauth2 = True\npassword_command = (\"cat\", \"{token}\")\n\
             ca_certs = {}\n[destination]\ntype = Maildir\npath = {}/Mail/\n",
            case.port,
            case.stage.ca(),
            directory.display(),
        );
        let config = format!("--rcfile={}", case.stage.file("getmailrc", &config));
        let home = format!("--getmaildir={}", directory.display());
        Program::new("getmail")
            .arguments(&[&home, &config])
            .home(directory)
            .run("")
    };
    let mechanisms = [Mechanism::XOAuth2];
    stage.try_all(
        Protocol::Imap,
        &mechanisms,
        &[Tls::Implicit],
        refusal,
        client,
    );
}
