//! The form in which texts are compared.

/// A text in lower case, with straight quotes instead of AWS's typographic ones. Limited to 8192
/// characters, since a log line may be huge.
pub(super) fn plain(text: &str) -> String {
    straight(text).to_ascii_lowercase()
}

/// A text with straight quotes, in its own case: its bytes are at the same positions as those of
/// [`plain`].
pub(super) fn straight(text: &str) -> String {
    text.chars()
        .take(8_192)
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            c => c,
        })
        .collect()
}
