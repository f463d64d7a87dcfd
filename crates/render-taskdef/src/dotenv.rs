//! Parses dotenv files literally.
//!
//! The available libraries do not do that: they expand `$NAME`, which corrupts passwords and can
//! leak a secret of this step into a definition, and they remove `#fff` as a comment.

use pipeline_io::SourceLocation;

/// A line with a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    pub location: SourceLocation,
    pub message: String,
}

/// Parses the variables of a file, in order.
///
/// A line is `NAME=VALUE`, optionally with `export` before it. Comments start at the start of a
/// line or after a space. Single quotes keep everything, including line breaks; double quotes
/// support `\n`, `\r`, `\t`, `\"`, `\\` and `\$`.
///
/// # Errors
/// The first line that is not a variable, or that repeats one.
pub fn parse(text: &str, file: &str) -> Result<Vec<(String, String)>, BadLine> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = text;
    let mut variables: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let here = text.len() - rest.len();
        let bad = |message: String| BadLine {
            location: location(text, here, file),
            message,
        };
        let (name, value, after) = variable(rest).map_err(bad)?;
        if variables.iter().any(|(known, _)| *known == name) {
            return Err(bad(format!("duplicate variable {name}")));
        }
        variables.push((name, value));
        rest = after;
    }
}

fn variable(text: &str) -> Result<(String, String, &str), String> {
    let line = text.lines().next().unwrap_or_default();
    // Errors must not contain the line, because the value may be a secret.
    let (name, _) = line
        .split_once('=')
        .ok_or("this line is neither NAME=VALUE nor a comment")?;
    let after = &text[name.len() + 1..];
    let name = name.trim();
    let name = match name.split_once(char::is_whitespace) {
        Some(("export", name)) => name.trim_start(),
        _ => name,
    };
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
        return Err(format!("{name:?} is not the name of a variable"));
    }
    let value = after.trim_start_matches([' ', '\t']);
    let (value, after) = match value.chars().next() {
        Some('\'') => {
            let (value, after) = value[1..]
                .split_once('\'')
                .ok_or_else(|| format!("the quotes around the value of {name} are not closed"))?;
            (value.to_owned(), only_a_comment(name, after)?)
        }
        Some('"') => {
            let (value, after) = double_quoted(&value[1..])
                .ok_or_else(|| format!("the quotes around the value of {name} are not closed"))?;
            (value, only_a_comment(name, after)?)
        }
        _ => {
            let end = after.find('\n').unwrap_or(after.len());
            let (line, after) = after.split_at(end);
            let cut = [" #", "\t#"].iter().filter_map(|c| line.find(c)).min();
            let line = line[..cut.unwrap_or(line.len())].trim_start();
            (line.trim_end().to_owned(), after)
        }
    };
    Ok((name.to_owned(), value, after))
}

/// The text before the closing quote, and the rest after it.
fn double_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                c @ ('"' | '\\' | '$') => value.push(c),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}

fn only_a_comment<'t>(name: &str, after: &'t str) -> Result<&'t str, String> {
    let line = after.lines().next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with('#') {
        Ok(after.find('\n').map_or("", |end| &after[end..]))
    } else {
        Err(format!("there is text after the closing quote of {name}"))
    }
}

fn location(text: &str, offset: usize, file: &str) -> SourceLocation {
    let at = ecs_document::LineColumn::of_byte(text, offset);
    SourceLocation {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_are_literal() {
        let text = "\u{feff}# a comment\r\nA=1\r\nexport B = two words # not this\nC='a\nb $X'\n\
                    D=\"a\\nb \\\"q\\\" $HOME \\d\"  # note\nE=\nF=x=y=z\nG=#fff\nK= # none\nH=a#b\nI=pa$$word\nJ=\"\"";
        let variables = parse(text, ".env").expect("read");
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a\nb $X"),
            ("D", "a\nb \"q\" $HOME \\d"),
            ("E", ""),
            ("F", "x=y=z"),
            ("G", "#fff"),
            ("K", ""),
            ("H", "a#b"),
            ("I", "pa$$word"),
            ("J", ""),
        ];
        let found: Vec<(&str, &str)> = variables
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn errors_do_not_contain_the_value() {
        for (text, line, message) in [
            (
                "A=1\nhunter2\n",
                2,
                "this line is neither NAME=VALUE nor a comment",
            ),
            ("A B=1", 1, "\"A B\" is not the name of a variable"),
            ("=1", 1, "\"\" is not the name of a variable"),
            ("A=1\n\nA=2", 3, "duplicate variable A"),
            ("A='x", 1, "the quotes around the value of A are not closed"),
            (
                "A=\"x\\",
                1,
                "the quotes around the value of A are not closed",
            ),
            ("A='x'y", 1, "there is text after the closing quote of A"),
        ] {
            let bad = parse(text, ".env").expect_err("refused");
            assert_eq!(
                (bad.location.line, bad.message.as_str()),
                (line, message),
                "{text:?}"
            );
        }
    }
}
