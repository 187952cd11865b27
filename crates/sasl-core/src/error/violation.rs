//! How a server can break its protocol.

use core::fmt;

/// How a server broke its protocol.
///
/// ```
/// let violation = sasl_core::Violation::MixedReplyCodes;
/// assert_eq!(violation.to_string(), "the server mixed different codes in one reply");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// An answer that was on its way before the question had been sent.
    AnswerBeforeCommand,
    /// A capability list that cannot be read.
    BadCapabilities,
    /// A challenge that is not base64, or not framed as the protocol wants it.
    BadChallenge,
    /// A literal with an illegal length or form.
    BadLiteral,
    /// A line that fits no rule of the protocol.
    BadLine,
    /// A message of a mechanism that is not in its grammar.
    BadMessage,
    /// An SMTP reply code outside the grammar.
    BadReplyCode,
    /// A quoted string with an illegal escape or octet.
    BadString,
    /// CR without LF, or LF without CR where that is refused.
    BadLineEnd,
    /// The tag of an answer is not the one of our command.
    ForeignTag,
    /// Different codes in the lines of one reply.
    MixedReplyCodes,
    /// A challenge of several lines.
    MultiLineChallenge,
    /// The octet zero.
    Nul,
    /// Success after we had cancelled.
    OkAfterCancel,
    /// Success after the server had sent a refusal document.
    OkAfterRefusal,
    /// Success before the mechanism was through.
    PrematureOk,
    /// The same capability twice.
    RepeatedCapability,
    /// A challenge although everything had been said.
    UnexpectedChallenge,
    /// Data in a challenge where only an empty one is allowed.
    UnexpectedChallengeData,
    /// The server says that we broke the protocol (CLIENTBUG).
    ClientBug,
    /// A reply that nobody asked for.
    UnsolicitedReply,
    /// A revision of the protocol that we cannot speak.
    UnknownRevision,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnswerBeforeCommand => "an answer came before the command was sent",
            Self::BadCapabilities => "the server sent a malformed list of capabilities",
            Self::BadChallenge => "the server sent a challenge that is not base64",
            Self::BadLiteral => "the server sent a malformed literal",
            Self::BadLine => "the server sent a line that is not in the protocol",
            Self::BadMessage => "the client sent a malformed login message",
            Self::BadReplyCode => "the server sent a malformed reply code",
            Self::BadString => "the server sent a malformed string",
            Self::BadLineEnd => "the server ended a line otherwise than by CR LF",
            Self::ForeignTag => "the server answered with a tag that we did not use",
            Self::MixedReplyCodes => "the server mixed different codes in one reply",
            Self::MultiLineChallenge => "the server sent a challenge of several lines",
            Self::Nul => "the server sent the octet zero",
            Self::OkAfterCancel => "the server accepted a login that had been cancelled",
            Self::OkAfterRefusal => "the server accepted a login that it had refused",
            Self::PrematureOk => "the server accepted the login before it was complete",
            Self::RepeatedCapability => "the server named a capability twice",
            Self::UnexpectedChallenge => "the server sent a challenge too many",
            Self::UnexpectedChallengeData => "the server sent data where the login had to begin",
            Self::ClientBug => "the server says that our side broke the protocol",
            Self::UnsolicitedReply => "the server sent a reply that nobody asked for",
            Self::UnknownRevision => "the server speaks no revision of the protocol that is known",
        })
    }
}
