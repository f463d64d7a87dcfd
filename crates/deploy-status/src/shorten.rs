//! Shortens text in the middle. The end of a message often contains the cause, so it is never cut off.

/// Returns at most `limit` characters of the text: its start and its end, with "…" between them.
pub fn shorten(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    // The start is a little longer, because it names the subject.
    let end = limit.saturating_sub(1) / 3;
    let start = limit.saturating_sub(1) - end;
    let chars = text.chars();
    let head = chars.clone().take(start);
    head.chain(['…']).chain(chars.skip(count - end)).collect()
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn the_start_and_the_end_stay() {
        assert_eq!(shorten("abcdefghij", 10), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 10), "abcdef…ijk");
        assert_eq!(shorten("äöü", 2), "ä…");
        assert_eq!(shorten("äöü", 1), "…");
    }
}
