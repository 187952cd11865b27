//! Scopes: words between spaces. <https://www.rfc-editor.org/rfc/rfc6749#section-3.3>

/// Whether every word of `some` is among those of `all`.
pub(super) fn holds(all: &str, some: &str) -> bool {
    some.split_ascii_whitespace()
        .all(|word| all.split_ascii_whitespace().any(|known| known == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_does_not_matter_and_words_are_whole() {
        assert!(holds("a b c", "c a"));
        assert!(holds("a", ""));
        assert!(!holds("mailbox", "mail"));
        assert!(!holds("Mail", "mail"));
        assert!(!holds("", "mail"));
    }
}
