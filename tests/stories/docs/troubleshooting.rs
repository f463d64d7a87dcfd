//! The troubleshooting page lists every exit code and every known cause.

use std::collections::BTreeSet;

use pipeline_io::Exit;
use stories::programs::repository;

fn page(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap()
}

/// The cells of the rows of a table that has this header.
fn rows<'a>(page: &'a str, header: &str) -> Vec<Vec<&'a str>> {
    let (_, table) = page.split_once(header).unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn it_lists_every_exit_code_with_its_name() {
    let page = page("docs/troubleshooting.md");
    let listed: Vec<_> = rows(&page, "| code | name | meaning | what to do |")
        .iter()
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    let all = Exit::ALL.map(|exit| (exit.code().to_string(), format!("`{}`", exit.name())));
    assert_eq!(listed, all);
}

#[test]
fn the_readme_lists_the_same_exit_codes() {
    let readme = page("README.md");
    let both = rows(&readme, "| code | meaning | code | meaning |");
    let left = both.iter().map(|row| (row[0], row[1]));
    let right = both.iter().map(|row| (row[2], row[3]));
    let listed: Vec<_> = left.chain(right).collect();
    let page = page("docs/troubleshooting.md");
    let expected = rows(&page, "| code | name | meaning | what to do |");
    let codes = |(code, _): &(&str, &str)| (*code).to_owned();
    assert_eq!(
        listed.iter().map(codes).collect::<Vec<_>>(),
        expected
            .iter()
            .map(|row| row[0].to_owned())
            .collect::<Vec<_>>()
    );
    for ((code, short), row) in listed.iter().zip(expected) {
        assert!(
            row[2].contains(short),
            "{code}: {short:?} is not in {:?}",
            row[2]
        );
    }
}

#[test]
fn it_lists_every_known_cause_once() {
    let page = page("docs/troubleshooting.md");
    let mut listed = BTreeSet::new();
    for (at, _) in page.match_indices("](causes.md#") {
        let (before, after) = page.split_at(at);
        let anchor = after["](causes.md#".len()..].split(')').next().unwrap();
        let label = before.rsplit('[').next().unwrap();
        // Links to a category have a text of their own.
        if let Some(code) = label
            .strip_prefix('`')
            .and_then(|code| code.strip_suffix('`'))
        {
            assert_eq!(code, anchor);
            assert!(listed.insert(code), "{code} is listed twice");
        }
    }
    let all: BTreeSet<&str> = rollout::cause::known_causes()
        .map(|cause| cause.id)
        .collect();
    let missing: Vec<_> = all.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&all).collect();
    assert!(
        missing.is_empty(),
        "add to docs/troubleshooting.md: {missing:?}"
    );
    assert!(
        unknown.is_empty(),
        "remove from docs/troubleshooting.md: {unknown:?}"
    );
}
