//! Every link within the repository leads to a file and a heading that exist.

use std::collections::BTreeSet;
use std::path::Path;

use super::{pages, shown};

/// The targets of the links in a page, each with its line, without those in code blocks.
fn links(page: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut is_code = false;
    for (at, line) in page.lines().enumerate() {
        is_code ^= line.trim_start().starts_with("```");
        if !is_code {
            let parts = line.split("](").skip(1);
            found.extend(parts.filter_map(|part| Some((at + 1, part.split_once(')')?.0))));
        }
    }
    found
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_code = false;
    for line in page.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let Some(heading) = line.strip_prefix('#').filter(|_| !is_code) else {
            continue;
        };
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        let anchor: String = heading.chars().filter(kept).collect();
        found.insert(anchor.replace(' ', "-"));
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (line, target) in links(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => page.clone(),
                path => page.parent().unwrap_or(Path::new("")).join(path),
            };
            let exists = file.exists();
            let has_anchor = || {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                anchors(&text).contains(anchor)
            };
            if !exists || !anchor.is_empty() && !has_anchor() {
                wrong.push(format!("{}:{line}: {target}", shown(&page)));
            }
        }
    }
    assert!(count > 100, "only {count} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
