//! JSON pointers (RFC 6901), the address of a value in a document.

use std::borrow::Cow;

/// The pointer of a child.
pub fn join(parent: &str, token: &str) -> String {
    let mut pointer = String::with_capacity(parent.len() + token.len() + 1);
    pointer.push_str(parent);
    push(&mut pointer, token);
    pointer
}

/// Appends a token to a pointer. Truncating it to its former length undoes that.
pub(crate) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    if !token.contains(['~', '/']) {
        pointer.push_str(token);
        return;
    }
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// The unescaped tokens of a pointer; `None` if it does not start with a slash.
pub fn tokens(pointer: &str) -> Option<Vec<Cow<'_, str>>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let rest = pointer.strip_prefix('/')?;
    Some(
        rest.split('/')
            .map(|token| {
                if token.contains('~') {
                    Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
                } else {
                    Cow::Borrowed(token)
                }
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::{join, tokens};

    #[test]
    fn joining_and_splitting_are_inverse() {
        let pointer = join(&join("", "dockerLabels"), "a/b~c");
        assert_eq!(pointer, "/dockerLabels/a~1b~0c");
        assert_eq!(
            tokens(&pointer),
            Some(vec!["dockerLabels".into(), "a/b~c".into()])
        );
        assert_eq!(tokens(""), Some(vec![]));
        assert_eq!(tokens("cpu"), None);
    }
}
