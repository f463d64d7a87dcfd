//! Parses a command: a JSON list, or words with shell quotes.

/// Why a text is not a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    #[error("the command starts with [ but is not a JSON list of strings: {reason}")]
    NotAList { reason: String },
    #[error("a quote in the command is not closed")]
    OpenQuote,
    #[error("the command ends with a backslash, which escapes nothing")]
    OpenEscape,
    #[error("the command is empty")]
    Empty,
}

/// Splits a command into words. Quotes and backslashes work as in a shell, but nothing is expanded:
/// `sh -c "echo $HOME"` is three words, the last of which is for the shell in the container.
///
/// # Errors
/// If the command is empty, or has an open quote or escape.
pub fn command_words(text: &str) -> Result<Vec<String>, BadCommand> {
    let text = text.trim();
    let words = if text.starts_with('[') {
        serde_json::from_str(text).map_err(|error| BadCommand::NotAList {
            reason: error.to_string(),
        })?
    } else {
        split(text)?
    };
    if words.is_empty() {
        return Err(BadCommand::Empty);
    }
    Ok(words)
}

/// Splits a line. A backslash at its end would continue it on a line that does not exist;
/// shell-words reads that backslash as a character, which is never intended.
fn split(text: &str) -> Result<Vec<String>, BadCommand> {
    let split = |text: &str| shell_words::split(text).map_err(|_| BadCommand::OpenQuote);
    let words = split(text)?;
    if split(&format!("{text}\n"))? == words {
        Ok(words)
    } else {
        Err(BadCommand::OpenEscape)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadCommand, command_words};

    #[test]
    fn quotes_are_supported() {
        for (text, words) in [
            ("node server.js", vec!["node", "server.js"]),
            (r#"sh -c "echo hi""#, vec!["sh", "-c", "echo hi"]),
            (
                "sh -c 'echo $HOME \"x\"'",
                vec!["sh", "-c", "echo $HOME \"x\""],
            ),
            (r#"["a b", "c"]"#, vec!["a b", "c"]),
            (r"a\ b ''", vec!["a b", ""]),
            (r#"a 'b\' "c\\""#, vec!["a", r"b\", r"c\"]),
            (r"a b\\", vec!["a", r"b\"]),
            ("a \\\nb c\\\nd", vec!["a", "b", "cd"]),
            (r"a b#c # d\", vec!["a", "b#c"]),
            (r#"a "\$x \n""#, vec!["a", r"$x \n"]),
        ] {
            assert_eq!(
                command_words(text).as_deref(),
                Ok(words
                    .iter()
                    .map(|w| (*w).to_owned())
                    .collect::<Vec<_>>()
                    .as_slice()),
                "{text}"
            );
        }
        assert_eq!(command_words("sh -c 'x"), Err(BadCommand::OpenQuote));
        for text in [r"a b\", r"a \", r"\", r"a\\\"] {
            assert_eq!(command_words(text), Err(BadCommand::OpenEscape), "{text}");
        }
        assert_eq!(command_words(" "), Err(BadCommand::Empty));
        assert_eq!(command_words("[]"), Err(BadCommand::Empty));
        assert!(matches!(
            command_words("[1]"),
            Err(BadCommand::NotAList { .. })
        ));
    }
}
