//! Whether a tag of a repository can be moved to another image. Pure.

/// The tag rule of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// Whether tags are immutable by default.
    pub immutable: bool,
    /// Filters with `*`. The opposite of the default applies to the tags that match one of them.
    pub excluded: Vec<String>,
}

impl TagRule {
    /// Whether the tag can never be moved to another image.
    pub fn is_immutable(&self, tag: &str) -> bool {
        let is_excluded = self.excluded.iter().any(|filter| matches(filter, tag));
        self.immutable != is_excluded
    }
}

/// Matches a tag with a filter, in which `*` matches any number of characters.
fn matches(filter: &str, tag: &str) -> bool {
    let mut parts = filter.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = tag.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::TagRule;

    #[test]
    fn filters_invert_the_rule() {
        let rule = |immutable, excluded: &[&str]| TagRule {
            immutable,
            excluded: excluded.iter().map(|s| (*s).to_owned()).collect(),
        };
        for (rule, tag, immutable) in [
            (rule(false, &[]), "v1", false),
            (rule(true, &[]), "latest", true),
            (rule(true, &["latest"]), "latest", false),
            (rule(true, &["latest"]), "latest2", true),
            (rule(true, &["dev-*", "*-rc*"]), "dev-1", false),
            (rule(true, &["dev-*", "*-rc*"]), "v1-rc2", false),
            (rule(true, &["a*b*c"]), "abc", false),
            (rule(true, &["a*b*c"]), "acb", true),
            (rule(true, &["a*a"]), "a", true),
            (rule(false, &["v*"]), "v1", true),
            (rule(false, &["v*"]), "latest", false),
            (rule(false, &["*"]), "anything", true),
        ] {
            assert_eq!(rule.is_immutable(tag), immutable, "{rule:?} {tag}");
        }
    }
}
