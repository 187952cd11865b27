//! The account `work` as the tests configure it.

/// What differs between the servers that it is on.
pub(crate) struct Work<'a> {
    pub(crate) user: &'a str,
    pub(crate) issuer: &'a str,
    /// The lines that say who the client is.
    pub(crate) client: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) ca: &'a str,
    /// More lines for the account.
    pub(crate) more: &'a str,
    /// Of IMAP and SMTP over TLS, and of ManageSieve with STARTTLS.
    pub(crate) ports: [u16; 3],
}

impl Work<'_> {
    pub(crate) fn toml(&self) -> String {
        let Self {
            user,
            issuer,
            client,
            scope,
            ca,
            more,
            ports: [imap, smtp, sieve],
        } = self;
        format!(
            r#"# mine
[accounts.work]
user = "{user}"
issuer = "{issuer}"
{client}
scope = "{scope}"
redirect_uri = "http://127.0.0.1/callback"
ca = "{ca}"
{more}
[accounts.work.imap]
host = "localhost"
port = {imap}
[accounts.work.smtp]
host = "localhost"
port = {smtp}
[accounts.work.sieve]
host = "localhost"
port = {sieve}
tls = "starttls"
"#
        )
    }
}
