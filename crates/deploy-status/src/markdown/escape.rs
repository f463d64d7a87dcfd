//! Foreign text in Markdown. What AWS, a container or a registry wrote cannot end the code span or
//! block it stands in, nor call a person, refer to an issue, link, or show an image.
//!
//! GitHub and GitLab look for mentions and references in the rendered page, after Markdown's own
//! escapes are gone; they leave only code alone. So foreign text stands in code, and prose that may
//! quote foreign text has its signs parted from what follows. GitLab also carries out a line that
//! begins with a slash (`/merge`) for the note's author, so no line of foreign text begins with one.

use pipeline_io::plain_line;

use crate::redact::redact;

/// What parts a sign from the word that would make it a reference: takes no room on the screen.
const PART: char = '\u{200b}';

/// One line of foreign text as inline code, at most 300 characters of it.
pub fn code(text: &str) -> String {
    let text = shortened(&plain_line(&redact(text)), 300);
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

/// The same where HTML stands and Markdown is not read, as in a `<summary>`.
pub fn code_in_html(text: &str) -> String {
    as_html(shortened(&plain_line(&redact(text)), 300).trim())
}

/// A backtick cannot be escaped in a code span, nor a bar within a table: as HTML with entities,
/// which Markdown never takes for its own signs. Links are also looked for after the entities are
/// read, tag or no tag, so what begins one is parted.
fn as_html(text: &str) -> String {
    let mut html = String::from("<code>");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '.' && ends_with(&html, "www") {
            html.push(PART);
        }
        entity(&mut html, c);
        if c == '@' || (c == ':' && rest.peek() == Some(&'/')) {
            html.push(PART);
        }
    }
    html + "</code>"
}

/// Punctuation that means nothing to Markdown within a line, once what stands before is settled.
const HARMLESS: &str = ".,:;-/'\"()?+=";

/// A sentence of ours that may quote foreign words; what stands between backticks becomes code.
pub fn prose(text: &str) -> String {
    let text = shortened(&plain_line(&redact(text)), 1_000);
    let parts: Vec<&str> = text.trim().split('`').collect();
    let last = parts.len() - 1;
    // Spans that touch each other would be read as one: then no backtick counts.
    let is_plain = |(at, part): (usize, &&str)| {
        !part.trim().is_empty() || (at % 2 == 0 && (at == 0 || at == last))
    };
    if !last.is_multiple_of(2) || !parts.iter().enumerate().all(is_plain) {
        return plain_prose(text.trim());
    }
    let told = parts.iter().enumerate();
    told.map(|(at, part)| {
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
            // The beginning of a list, a rule, or a command of GitLab's.
            '-' | '+' | '/' | '=' if safe.trim().is_empty() => entity(&mut safe, c),
            // A mention, a reference, a label, a math span: signs that mean something before a word.
            '@' | '#' | '!' | '~' | '%' | '$' | '&' | '^' => {
                entity(&mut safe, c);
                if next.is_some_and(|next| !next.is_whitespace()) {
                    safe.push(PART);
                }
            }
            // `http://` and `www.` become links by themselves.
            ':' if next == Some('/') => {
                safe.push(':');
                safe.push(PART);
            }
            '.' if ends_with(&safe, "www") => {
                safe.push(PART);
                safe.push('.');
            }
            '-' if ends_with(&safe, "gh") => {
                safe.push(PART);
                safe.push('-');
            }
            // Within a word it is itself.
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

/// Lines of foreign text as a block, each at most 400 characters.
///
/// The fence is always three backticks, which GitLab's reader of commands looks for, and runs of
/// backticks within are parted.
pub fn fence<'a>(language: &str, lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut block = format!("```{language}\n");
    for line in lines {
        let line = shortened(&plain_line(&redact(line)), 400);
        block.push_str(&line.replace("```", &format!("``{PART}`")));
        block.push('\n');
    }
    block + "```\n"
}

/// A web address of the CI system, as a link's target; anything else is none.
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

fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
