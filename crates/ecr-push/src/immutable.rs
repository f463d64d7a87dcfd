//! Which tags of a repository can be given to another image.

/// A repository's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// Whether tags are immutable unless a filter excludes them; else the reverse.
    pub immutable: bool,
    /// Wildcards (`*`) of the tags for which the reverse holds.
    pub excluded: Vec<String>,
}

impl TagRule {
    /// Whether a tag, once given, stays.
    pub fn is_immutable(&self, tag: &str) -> bool {
        let is_excluded = self.excluded.iter().any(|filter| fits(filter, tag));
        self.immutable != is_excluded
    }
}

/// `*` stands for any characters, also none; everything else for itself.
fn fits(filter: &str, tag: &str) -> bool {
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
    fn filters_turn_the_rule_around() {
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
