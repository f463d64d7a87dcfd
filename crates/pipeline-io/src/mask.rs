//! Which texts hide a secret in the log of a CI host.
//!
//! Decided here: the forms of a secret that are masked, and that ordinary text never is. Never here: how
//! a CI host masks them, or what a secret is.

use serde_json::Value;

/// The shortest text that is masked, in characters.
const SHORTEST: usize = 3;

/// Texts that are as long as a secret, but occur everywhere.
const ORDINARY: [&str; 4] = ["true", "false", "null", "none"];

/// The texts to mask: each line of a secret and the whole of it, as they are and as they are written in
/// a JSON string.
pub(crate) fn masks(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(str::trim);
    let all = lines.filter(|line| is_maskable(line));
    let whole = Some(secret).filter(|secret| is_maskable(secret.trim()));
    let mut masks: Vec<String> = Vec::new();
    for text in all.chain(whole) {
        for mask in [text.to_owned(), escaped(text)] {
            if !masks.contains(&mask) {
                masks.push(mask);
            }
        }
    }
    masks
}

/// Whether a log stays readable if this text is hidden wherever it occurs. `1`, `{` and `true` occur
/// everywhere.
fn is_maskable(text: &str) -> bool {
    text.chars().count() >= SHORTEST
        && text.chars().filter(|c| c.is_alphanumeric()).count() >= 2
        && !ORDINARY.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The text as it is written in a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    // Only the outer quotes: the text itself may end with a quote.
    let escaped = quoted.get(1..quoted.len() - 1);
    escaped.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::masks;

    #[test]
    fn each_line_of_a_secret_and_its_escaped_form_are_masked() {
        assert_eq!(
            masks("first\n  says \"two\""),
            [
                "first",
                "says \"two\"",
                r#"says \"two\""#,
                "first\n  says \"two\"",
                r#"first\n  says \"two\""#
            ]
        );
    }

    #[test]
    fn a_short_or_structural_line_is_not_masked() {
        for secret in ["1", "{", "}", "{}", "[\n]", "ab", "----", "True", " \n", ""] {
            assert_eq!(masks(secret), [""; 0], "{secret:?}");
        }
        let masks = masks("{\n  \"password\": \"hunter2\"\n}\n");
        let line = r#""password": "hunter2""#;
        assert!(masks.iter().any(|mask| mask == line), "{masks:?}");
        assert!(masks.iter().all(|mask| mask.trim().len() > 2), "{masks:?}");
    }
}
