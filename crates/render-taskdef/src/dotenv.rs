//! Dotenv files, read as they are written.
//!
//! No library reads them so: the ones there are put in the values of other variables wherever a
//! `$` stands, which spoils passwords and lets a secret of this step into a definition, and cut
//! `#fff` off as a comment.

use pipeline_io::SourceLocation;

/// A line that is no `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    pub place: SourceLocation,
    pub message: String,
}

/// The variables of a file, in order.
///
/// `NAME=VALUE`, `export` before it or not; comments on lines of their own and after a blank.
/// Single quotes keep everything, line breaks too; double quotes understand `\n`, `\r`, `\t`,
/// `\"`, `\\` and `\$`. A name given twice is an error.
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
            place: place(text, here, file),
            message,
        };
        let (name, value, after) = variable(rest).map_err(bad)?;
        if variables.iter().any(|(known, _)| *known == name) {
            return Err(bad(format!("{name} is given twice")));
        }
        variables.push((name, value));
        rest = after;
    }
}

fn variable(text: &str) -> Result<(String, String, &str), String> {
    let line = text.lines().next().unwrap_or_default();
    // Never the line itself: a value may be a secret.
    let (name, _) = line
        .split_once('=')
        .ok_or("this line is no NAME=VALUE and no comment")?;
    let after = &text[name.len() + 1..];
    let name = name.trim();
    let name = match name.split_once(char::is_whitespace) {
        Some(("export", name)) => name.trim_start(),
        _ => name,
    };
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
        return Err(format!("{name:?} is no name of a variable"));
    }
    let value = after.trim_start_matches([' ', '\t']);
    let (value, after) = match value.chars().next() {
        Some('\'') => {
            let (value, after) = value[1..]
                .split_once('\'')
                .ok_or_else(|| format!("the quote of {name} is not closed"))?;
            (value.to_owned(), only_a_comment(name, after)?)
        }
        Some('"') => {
            let (value, after) = double_quoted(&value[1..])
                .ok_or_else(|| format!("the quote of {name} is not closed"))?;
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

/// The text up to the closing quote, and what follows it.
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
        Err(format!("something follows the closing quote of {name}"))
    }
}

fn place(text: &str, offset: usize, file: &str) -> SourceLocation {
    let place = ecs_document::LineColumn::of_byte(text, offset);
    SourceLocation {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_are_read_as_they_are_written() {
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
    fn a_bad_line_is_told_without_its_value() {
        for (text, line, message) in [
            (
                "A=1\nhunter2\n",
                2,
                "this line is no NAME=VALUE and no comment",
            ),
            ("A B=1", 1, "\"A B\" is no name of a variable"),
            ("=1", 1, "\"\" is no name of a variable"),
            ("A=1\n\nA=2", 3, "A is given twice"),
            ("A='x", 1, "the quote of A is not closed"),
            ("A=\"x\\", 1, "the quote of A is not closed"),
            ("A='x'y", 1, "something follows the closing quote of A"),
        ] {
            let bad = parse(text, ".env").expect_err("refused");
            assert_eq!(
                (bad.place.line, bad.message.as_str()),
                (line, message),
                "{text:?}"
            );
        }
    }
}
