//! Escapes untrusted text for Markdown. Text from AWS, a container or a registry cannot end its code
//! span or code block, mention a person, refer to an issue, or create a link or an image.
//!
//! GitHub and GitLab search for mentions and references in the rendered page, in which Markdown's own
//! escapes are gone. They ignore only code. So untrusted text is always code, and in prose that may
//! quote untrusted text, an invisible character separates such a sign from the next word. GitLab also
//! executes a line that starts with a slash (`/merge`) for the author of the note, so no line of
//! untrusted text starts with one.

use pipeline_io::plain_line;

use crate::redact::redact;
use crate::shorten::shorten;

/// An invisible character that separates a sign from the word with which it would be a reference.
const SEPARATOR: char = '\u{200b}';

/// Renders one line of untrusted text as inline code, at most 300 characters of it.
pub fn code(text: &str) -> String {
    let text = shorten(&plain_line(&redact(text)), 300);
    let text = text.trim();
    if text.is_empty() {
        return "–".to_owned();
    }
    let literal = |c: char| c != '`' && c != '|' && c != '\\';
    if text.chars().all(literal) {
        return format!("`{text}`");
    }
    as_html(text)
}

/// Renders inline code where Markdown is not read, e.g. in a `<summary>`.
pub fn code_in_html(text: &str) -> String {
    as_html(shorten(&plain_line(&redact(text)), 300).trim())
}

/// A backtick cannot be escaped in a code span, and neither can a bar in a table. So they are written
/// as HTML entities, which Markdown never interprets. Links are searched after the entities are
/// decoded, even in a tag, so the start of a link is separated, too.
fn as_html(text: &str) -> String {
    let mut html = String::from("<code>");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '.' && ends_with(&html, "www") {
            html.push(SEPARATOR);
        }
        entity(&mut html, c);
        if c == '@' || (c == ':' && rest.peek() == Some(&'/')) {
            html.push(SEPARATOR);
        }
    }
    html + "</code>"
}

/// Punctuation that has no meaning for Markdown within a line.
const HARMLESS: &str = ".,:;-/'\"()?+=";

/// Renders a sentence of this project that may quote untrusted words. Text in backticks becomes code.
pub fn prose(text: &str) -> String {
    let text = shorten(&plain_line(&redact(text)), 1_000);
    let parts: Vec<&str> = text.trim().split('`').collect();
    let last = parts.len() - 1;
    // Adjacent code spans would be read as one. In that case, no backtick counts.
    let is_plain = |(at, part): (usize, &&str)| {
        !part.trim().is_empty() || (at % 2 == 0 && (at == 0 || at == last))
    };
    if !last.is_multiple_of(2) || !parts.iter().enumerate().all(is_plain) {
        return plain_prose(text.trim());
    }
    let described = parts.iter().enumerate();
    described
        .map(|(at, part)| {
            if at % 2 == 0 {
                plain_prose(part)
            } else {
                code(part)
            }
        })
        .collect()
}

fn plain_prose(text: &str) -> String {
    let mut safe = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let before = safe.chars().next_back();
        let next = rest.peek().copied();
        match c {
            // The start of a list, a rule, or a GitLab quick action.
            '-' | '+' | '/' | '=' if safe.trim().is_empty() => entity(&mut safe, c),
            // A mention, a reference, a label or a math span: signs with a meaning before a word.
            '@' | '#' | '!' | '~' | '%' | '$' | '&' | '^' => {
                entity(&mut safe, c);
                if next.is_some_and(|next| !next.is_whitespace()) {
                    safe.push(SEPARATOR);
                }
            }
            // `http://` and `www.` become links automatically.
            ':' if next == Some('/') => {
                safe.push(':');
                safe.push(SEPARATOR);
            }
            '.' if ends_with(&safe, "www") => {
                safe.push(SEPARATOR);
                safe.push('.');
            }
            '-' if ends_with(&safe, "gh") => {
                safe.push(SEPARATOR);
                safe.push('-');
            }
            // In a word it has no meaning.
            '_' if is_word(before) && is_word(next) => safe.push('_'),
            c if c.is_ascii_punctuation() && !HARMLESS.contains(c) => entity(&mut safe, c),
            c => safe.push(c),
        }
    }
    safe
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_alphanumeric())
}

/// Renders lines of untrusted text as a code block, each line with at most 400 characters.
///
/// The fence always has three backticks, which GitLab's parser of quick actions expects. Three
/// backticks in the text are separated.
pub fn fence<'a>(language: &str, lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut block = format!("```{language}\n");
    for line in lines {
        let line = shorten(&plain_line(&redact(line)), 400);
        block.push_str(&line.replace("```", &format!("``{SEPARATOR}`")));
        block.push('\n');
    }
    block + "```\n"
}

/// Returns a URL of the CI system as the target of a link, or `None` if it is not a plain web URL.
pub fn address(url: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@%&=+,;".contains(c);
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    (is_web && url.len() < 2_000 && url.chars().all(plain)).then(|| format!("<{url}>"))
}

fn entity(html: &mut String, c: char) {
    if c.is_alphanumeric() || c == ' ' || !c.is_ascii() {
        html.push(c);
    } else {
        html.push_str(&format!("&#{};", u32::from(c)));
    }
}

fn ends_with(text: &str, end: &str) -> bool {
    let tail = text
        .len()
        .checked_sub(end.len())
        .and_then(|at| text.get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}
