//! What servers say. Written after real ones, with addresses and names of examples.

/// The user of every login.
pub const USER: &str = "alexandra.mustermann@example.com";
/// The host that OAUTHBEARER names.
pub const HOST: &str = "imap.example.com";
/// The port that OAUTHBEARER names.
pub const PORT: u16 = 993;

/// Dovecot 2.3, port 993.
pub const DOVECOT_GREETING: &[u8] = b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 AUTH=OAUTHBEARER] Dovecot ready.\r\n";
/// Dovecot 2.3 after a login: 36 names.
pub const DOVECOT_CAPABILITY: &[u8] = b"* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE\r\n";
/// The same list in the answer to AUTHENTICATE, behind the tag.
pub const DOVECOT_ACCEPTED: &[u8] = b" OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE] Logged in\r\n";
/// Gmail names nothing in its greeting.
pub const GMAIL_GREETING: &[u8] =
    b"* OK Gimap ready for requests from 203.0.113.17 a640c23a62f3a-aa5f8e8b0a1mb123456789\r\n";
/// Gmail.
pub const GMAIL_CAPABILITY: &[u8] = b"* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER\r\n";
/// Exchange Online names nothing either, in more words.
pub const OUTLOOK_GREETING: &[u8] = b"* OK The Microsoft Exchange IMAP4 service is ready. [RgBSADAAUAAyADgAMQBDAEEAMAAwADIANQAuAEQARQBVAFAAMgA4ADEALgBQAFIATwBEAC4ATwBVAFQATABPAE8ASwAuAEMATwBNAA==]\r\n";
/// Exchange Online.
pub const OUTLOOK_CAPABILITY: &[u8] = b"* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+\r\n";

/// The greeting of an SMTP server.
pub const SMTP_GREETING: &[u8] = b"220 smtp.example.com ESMTP ready\r\n";
/// The end of an SMTP login.
pub const SMTP_ACCEPTED: &[u8] = b"235 2.7.0 Accepted\r\n";
/// Gmail.
pub const GMAIL_EHLO: &[u8] = b"250-smtp.gmail.com at your service, [203.0.113.17]\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH\r\n250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n";
/// Exchange Online.
pub const OUTLOOK_EHLO: &[u8] = b"250-FR0P281CA0025.outlook.office365.com Hello [203.0.113.17]\r\n250-SIZE 157286400\r\n250-PIPELINING\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-AUTH LOGIN XOAUTH2\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n";
/// Postfix.
pub const POSTFIX_EHLO: &[u8] = b"250-mail.example.org\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-ETRN\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n";

/// Pigeonhole, of Dovecot.
pub const PIGEONHOLE: &[u8] = b"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto reject envelope encoded-character vacation subaddress comparator-i;ascii-numeric relational regex imap4flags copy include variables body enotify environment mailbox date index ihave duplicate mime foreverypart extracttext\"\r\n\"NOTIFY\" \"mailto\"\r\n\"SASL\" \"PLAIN LOGIN XOAUTH2 OAUTHBEARER\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK \"Dovecot ready.\"\r\n";
/// Cyrus timsieved.
pub const CYRUS: &[u8] = b"\"IMPLEMENTATION\" \"Cyrus timsieved v3.8.1\"\r\n\"SASL\" \"PLAIN OAUTHBEARER\"\r\n\"SIEVE\" \"comparator-i;ascii-numeric fileinto reject vacation imapflags notify envelope imap4flags relational regex subaddress copy date index\"\r\n\"STARTTLS\"\r\n\"UNAUTHENTICATE\"\r\nOK\r\n";
/// No server does so, but each may.
pub const LITERALS: &[u8] = b"\"IMPLEMENTATION\" {18}\r\nDovecot Pigeonhole\r\n\"SASL\" {27}\r\nPLAIN OAUTHBEARER XOAUTH2  \r\n\"STARTTLS\"\r\nOK (TAG \"x\") \"ready\"\r\n";
/// The end of a ManageSieve login.
pub const SIEVE_ACCEPTED: &[u8] = b"OK \"Logged in.\"\r\n";

/// An answer to EHLO of so many lines, the last of which is the one that matters.
pub fn long_ehlo(lines: usize) -> Vec<u8> {
    let mut reply = b"250-mail.example.org\r\n".to_vec();
    for line in 0..lines - 2 {
        reply.extend_from_slice(format!("250-X-EXT{line:05}\r\n").as_bytes());
    }
    reply.extend_from_slice(b"250 AUTH XOAUTH2\r\n");
    reply
}

/// What looks like a JWT of so many octets, the same each time.
pub fn token(octets: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut letter = |at: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if at == octets / 10 || at == octets * 8 / 10 {
            '.'
        } else {
            char::from(ALPHABET[(random % 64) as usize])
        }
    };
    (0..octets).map(&mut letter).collect()
}
