//! Patterns of SQL's `LIKE … ESCAPE '!'`. Does no IO.

/// The escape character.
const ESCAPE: char = '!';

/// The pattern of this text itself.
pub(super) fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_has_no_wildcards() {
        assert_eq!(literal("100% of a_b!"), "100!% of a!_b!!");
        assert_eq!(literal("setup_intent.…"), "setup!_intent.…");
    }
}
