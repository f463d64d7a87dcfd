//! Untrusted text: what a container, AWS or a registry wrote. It is shown, but it must not control
//! anything.
//!
//! A CI host executes commands that it finds in a log (`::set-output`, `##[add-mask]`, section markers
//! with escape sequences), and a terminal executes escape sequences.
//!
//! Decided here: how text in a log is made harmless. Never here: how a comment is made harmless, which
//! deploy-status decides.

use crate::commands::starts_command;

/// The longest line that is shown completely, in characters.
const LINE_LIMIT: usize = 2_000;

/// Makes one line of untrusted text harmless: control characters are removed or made visible, line
/// breaks become `⏎`, at most 2,000 characters are kept, and commands are broken up.
///
/// The table in `commands` contains what a host would find anywhere in a line. What counts only at the
/// start of a line is handled by [`fence_for_ci`], [`command_free_text`] and [`crate::Step::info`].
pub fn plain_line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(LINE_LIMIT + 64));
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if count == LINE_LIMIT {
            let left = 1 + chars.count();
            plain.push_str(&format!("… ({left} more characters)"));
            break;
        }
        count += 1;
        match c {
            '\u{1b}' => skip_escape_sequence(&mut chars),
            '\t' => plain.push(' '),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => plain.push('⏎'),
            c if c.is_control() => plain.push('\u{fffd}'),
            c if is_bidi_control(c) => {}
            '[' if ends_with_command(&plain) => plain.push_str(" ["),
            c => plain.push(c),
        }
    }
    plain
}

/// Whether the text ends with `##` and perhaps letters, as the beginning of a command does.
fn ends_with_command(plain: &str) -> bool {
    let start = plain.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    start.ends_with("##")
}

/// JSON that cannot contain a command, wherever a CI host looks for one. Two number signs and control
/// characters occur only in strings, in which an escape has the same meaning. JSON itself already
/// escapes the control characters below U+0020.
pub(crate) fn command_free_json(json: &str) -> String {
    json.replace("##", "#\\u0023")
        .replace('\u{9b}', "\\u009b")
        .replace('\u{9d}', "\\u009d")
}

/// Makes a document harmless that is printed to the log, e.g. Markdown. An invisible character precedes a
/// line that a host would read as a command, so the document looks the same. Its lines must not contain a
/// command elsewhere ([`plain_line`]).
pub fn command_free_text(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines
        .map(|line| {
            if starts_command(line) {
                format!("\u{200b}{line}")
            } else {
                line.to_owned()
            }
        })
        .collect()
}

/// Makes several lines of untrusted text harmless. Each begins with `lead`, which must not be blank:
/// the runner trims a line before it looks for `::`.
pub fn fence_for_ci(lead: &str, text: &str) -> String {
    debug_assert!(!lead.trim().is_empty(), "a blank lead does not fence");
    let mut fenced = String::new();
    for line in text.lines() {
        fenced.push_str(lead);
        fenced.push_str(&plain_line(line));
        fenced.push('\n');
    }
    fenced
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// Skips what follows an ESC: CSI (`[ … final`), OSC (`] … BEL or ESC \`), or one character.
fn skip_escape_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => {
            while let Some(&c) = chars.peek() {
                if c == '\n' {
                    return;
                }
                chars.next();
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    return;
                }
            }
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(&c) = chars.peek() {
                if c == '\n' {
                    return;
                }
                chars.next();
                if c == '\u{7}' {
                    return;
                }
                if c == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    return;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{command_free_json, command_free_text, fence_for_ci, plain_line};
    use crate::commands::{COMMANDS, command_in};

    #[test]
    fn escape_sequences_and_control_characters_are_removed() {
        for (untrusted, plain) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            (
                "\u{1b}[0Ksection_start:1:x\r\u{1b}[0K",
                "section_start:1:x⏎",
            ),
            ("a\0b", "a\u{fffd}b"),
            ("a\r\nb", "a⏎b"),
            ("##[add-mask]secret", "## [add-mask]secret"),
            ("\u{202e}txt", "txt"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(plain_line(untrusted), plain, "{untrusted:?}");
        }
    }

    /// Complete commands of each host.
    const EXAMPLES: [&str; 16] = [
        "::add-mask::x",
        "##[add-mask]x",
        "##[group]x",
        "##vso[task.setvariable variable=x]y",
        "##teamcity[setParameter name='x' value='y']",
        "--- Deploy",
        "+++ Deploy",
        "~~~ Deploy",
        "^^^ +++",
        "\u{1b}[0Ksection_start:1:x\r\u{1b}[0K",
        "\u{1b}[8mha:AAAA\u{1b}[0m",
        "\u{1b}]1338;url='x'\u{7}",
        "\u{1b}]8;;http://x\u{1b}\\x",
        "\u{9b}2J",
        "\u{9d}0;title\u{9c}",
        "a\u{8}\u{8}b",
    ];

    /// Characters that are removed, and so could join the parts of a command.
    const REMOVED: [&str; 5] = ["", "\u{1b}[0m", "\u{202e}", "\u{200f}", "\u{1b}"];

    #[test]
    fn the_examples_cover_the_table() {
        for syntax in &COMMANDS {
            let mut found = EXAMPLES.iter().filter(|example| {
                example.starts_with(syntax.start) || example.contains(syntax.start)
            });
            assert!(found.next().is_some(), "{syntax:?}");
        }
        for example in EXAMPLES {
            assert!(command_in(example).is_some(), "{example:?}");
        }
    }

    #[test]
    fn no_command_of_any_host_survives() {
        for command in EXAMPLES {
            for (at, _) in command.char_indices() {
                for hidden in REMOVED {
                    for before in [
                        "", "  ", "text ", "#", "##", "\n", "\r\n", "\u{200b}", "\u{a0}",
                    ] {
                        let (start, end) = command.split_at(at);
                        let untrusted = format!("{before}{start}{hidden}{end}");
                        for upper in [untrusted.clone(), untrusted.to_uppercase()] {
                            let fenced = fence_for_ci("| ", &upper);
                            let plain: String = upper
                                .split('\n')
                                .map(plain_line)
                                .collect::<Vec<_>>()
                                .join("\n");
                            let shown = command_free_text(&plain);
                            let found = fenced.lines().chain(shown.lines()).find_map(command_in);
                            assert!(found.is_none(), "{found:?}: {upper:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_command_survives_in_json_whose_meaning_stays() {
        for command in EXAMPLES {
            let value = serde_json::json!({"message": command, "##[x]": "###"});
            let shown = command_free_json(&value.to_string());
            assert!(shown.starts_with('{'), "{shown}");
            let read: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
            assert_eq!(read, value);
            let found = command_in(&shown);
            assert!(found.is_none(), "{found:?}: {shown:?}");
        }
    }

    #[test]
    fn a_fenced_line_does_not_begin_with_a_command() {
        let fenced = fence_for_ci("| ", "::error::x\n  ::set-output name=a::b\n\r::debug::");
        assert!(fenced.lines().all(|l| l.starts_with("| ")), "{fenced}");
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut() {
        let line = plain_line(&"x".repeat(1 << 20));
        assert!(line.chars().count() < 2_100);
        assert!(line.ends_with("(1046576 more characters)"), "{line}");
    }
}
