//! AWS tags. Source: `RegisterTaskDefinition`, `CreateService` and `Tag` in AWS's API reference.

use std::collections::HashSet;

use super::code::LintCode;
use super::context::{LintContext, elements, text};

const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

pub(super) fn check(context: &mut LintContext<'_>) {
    let tags = elements(context.definition, "tags");
    if tags.len() > MAX_TAGS {
        let message = format!("{} tags; ECS accepts at most {MAX_TAGS}", tags.len());
        context.report_name(LintCode::ResourceTag, "/tags", message);
    }
    let mut seen = HashSet::new();
    for (index, tag) in tags.iter().enumerate() {
        let key = text(tag, "key").unwrap_or_default();
        let value = text(tag, "value").unwrap_or_default();
        let wrong = if key.is_empty() {
            Some("has no key".to_owned())
        } else if !seen.insert(key) {
            Some("is a duplicate".to_owned())
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            Some("starts with aws:, which only AWS can set".to_owned())
        } else if key.chars().count() > MAX_KEY {
            Some(format!("has a key of more than {MAX_KEY} characters"))
        } else if value.chars().count() > MAX_VALUE {
            Some(format!("has a value of more than {MAX_VALUE} characters"))
        } else {
            [key, value]
                .iter()
                .find_map(|text| text.chars().find(|c| !is_allowed(*c)))
                .map(|c| format!("contains {c:?}, which AWS rejects"))
        };
        if let Some(wrong) = wrong {
            let message = format!("the tag {key:?} {wrong}");
            context.report(LintCode::ResourceTag, format!("/tags/{index}"), message);
        }
    }
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}
