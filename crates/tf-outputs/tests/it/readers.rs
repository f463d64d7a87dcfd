//! Reimplements readers of the output formats that are not programs a test can run.

use std::collections::BTreeMap;

/// Reads like GitLab's ParseDotenvArtifactService: it splits at the first `=`, strips both sides and
/// removes no quotes. An empty line, a line without `=` or an invalid key rejects the whole report.
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

/// Reads a line like java.util.Properties: UTF-16 units and escapes; spaces before the value are
/// skipped.
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
                let escaped_secrets = units[at];
                at += 1;
                parts[part].push(match char::from_u32(escaped_secrets.into()).unwrap() {
                    'n' => 10,
                    'r' => 13,
                    't' => 9,
                    'f' => 12,
                    'u' => {
                        let digits = String::from_utf16(&units[at..at + 4]).unwrap();
                        at += 4;
                        u16::from_str_radix(&digits, 16).unwrap()
                    }
                    _ => escaped_secrets,
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
