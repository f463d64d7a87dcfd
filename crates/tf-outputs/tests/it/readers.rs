//! The readers that our texts are for, as far as they are no programs of their own.

use std::collections::BTreeMap;

/// As GitLab's ParseDotenvArtifactService reads: at the first `=`, both sides stripped, nothing
/// unquoted; a line without one, an empty one or a bad key refuses the whole report.
pub fn gitlab(text: &str) -> Option<BTreeMap<String, String>> {
    let blank = |c: char| c == '\0' || matches!(c, '\t'..='\r' | ' ');
    let mut variables = BTreeMap::new();
    for line in text.split_terminator('\n') {
        let (key, value) = line.split_once('=')?;
        let key = key.trim_matches(blank);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if key.is_empty() || !key.chars().all(plain) {
            return None;
        }
        variables.insert(key.to_owned(), value.trim_matches(blank).to_owned());
    }
    (text.len() < 5 * 1024 && variables.len() <= 20).then_some(variables)
}

/// As java.util.Properties reads a line: UTF-16 units, escapes, blanks before the value skipped.
pub fn properties(text: &str) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    for line in text.lines() {
        let units: Vec<u16> = line
            .trim_start_matches([' ', '\t', '\u{c}'])
            .encode_utf16()
            .collect();
        let is_comment = matches!(units.first(), None | Some(0x21 | 0x23));
        if is_comment {
            continue;
        }
        let mut parts = [Vec::new(), Vec::new()];
        let (mut part, mut at) = (0, 0);
        while at < units.len() {
            let unit = units[at];
            at += 1;
            let is_separator = [u16::from(b'='), u16::from(b':'), u16::from(b' ')].contains(&unit);
            if unit == u16::from(b'\\') {
                let escaped = units[at];
                at += 1;
                parts[part].push(match char::from_u32(escaped.into()).unwrap() {
                    'n' => 10,
                    'r' => 13,
                    't' => 9,
                    'f' => 12,
                    'u' => {
                        let digits = String::from_utf16(&units[at..at + 4]).unwrap();
                        at += 4;
                        u16::from_str_radix(&digits, 16).unwrap()
                    }
                    _ => escaped,
                });
            } else if part == 0 && is_separator {
                part = 1;
                while units.get(at) == Some(&u16::from(b' ')) {
                    at += 1;
                }
            } else {
                parts[part].push(unit);
            }
        }
        let [key, value] = parts.map(|units| String::from_utf16(&units).unwrap());
        pairs.insert(key, value);
    }
    pairs
}
