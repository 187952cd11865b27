//! What was probably meant.

use alloc::{format, string::String};

/// The known word that this one is a slip of, if there is one.
pub(super) fn similar<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody's slip; and the time it takes grows with the square.
    if word.len() > 128 {
        return None;
    }
    let distance = |candidate: &&str| {
        // A changed case is the slip that is hardest to see.
        if candidate.eq_ignore_ascii_case(word) {
            return Some(0);
        }
        if candidate.len().abs_diff(word.len()) > SLIPS {
            return None;
        }
        let slips = strsim::osa_distance(&candidate.to_lowercase(), &word.to_lowercase());
        // In a short word, two letters are half of it.
        let allowed = if word.len() < 6 { 1 } else { SLIPS };
        (slips <= allowed).then_some(slips)
    };
    known
        .into_iter()
        .filter_map(|candidate| Some((distance(&candidate)?, candidate)))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

const SLIPS: usize = 2;

/// What to do about a word that is none of these.
pub(super) fn one_of(word: &str, known: &[&'static str]) -> String {
    match similar(word, known.iter().copied()) {
        Some(meant) => format!("the value is none that is known: did you mean {meant}?"),
        None => format!(
            "the value is none that is known: it can be {}",
            known.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_left_alone() {
        let known = ["authType", "loginSource", "port"];
        assert_eq!(similar("authtype", known), Some("authType"));
        assert_eq!(similar("auhtType", known), Some("authType"));
        assert_eq!(similar("loginSorce", known), Some("loginSource"));
        assert_eq!(similar("fort", known), Some("port"));
        assert_eq!(similar("fond", known), None);
        assert_eq!(similar("maxMailSize", known), None);
        assert_eq!(similar(&"a".repeat(1 << 20), known), None);
    }
}
