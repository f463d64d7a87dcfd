//! Each recorded text of AWS has its cause, and the generated page matches the table.

use std::collections::BTreeSet;

use rollout::cause::{
    KnownCause, cause_of_exit_code, cause_of_log_line, cause_of_text, diagnose_text, known_causes,
    meaning, page,
};

use crate::recorded;

/// Checks each row of a table: its `text` must lead to its `cause`. A "-" means that the text does not
/// name a cause.
fn check(table: &str, find: impl Fn(&str) -> Option<&'static KnownCause>) {
    let mut wrong = Vec::new();
    let rows = recorded::table(table);
    assert!(!rows.is_empty(), "{table}");
    for row in &rows {
        let text = row["text"].trim_start_matches('~');
        let found = find(text).map_or("-", |cause| cause.id);
        if found != row["cause"] {
            wrong.push(format!("{found} instead of {}: {text}", row["cause"]));
        }
    }
    assert!(wrong.is_empty(), "{table}:\n{}", wrong.join("\n"));
}

#[test]
fn every_text_of_ecs_has_its_cause() {
    for table in ["stop-reasons", "service-events", "deployment-reasons"] {
        check(table, cause_of_text);
    }
}

#[test]
fn log_lines_of_real_programs_have_their_cause() {
    check("log-lines", cause_of_log_line);
}

#[test]
fn an_exit_code_alone_leads_to_a_cause() {
    for (code, id) in [
        (0, "exited-at-once"),
        (1, "crashed"),
        (126, "command-not-executable"),
        (127, "command-missing"),
        (137, "killed"),
        (139, "segmentation-fault"),
        (-1, "crashed"),
    ] {
        assert_eq!(cause_of_exit_code(code).id, id, "{code}");
    }
}

#[test]
fn causes_that_only_repeat_the_failure_are_general() {
    let general: BTreeSet<&str> = known_causes().filter(|c| c.general).map(|c| c.id).collect();
    let expected = [
        "crashed",
        "elb-health",
        "nothing-to-roll-back-to",
        "scaled-in",
        "stopped-by-user",
        "tasks-failed",
    ];
    assert_eq!(general, BTreeSet::from(expected));
}

#[test]
fn the_table_is_well_formed() {
    let mut ids = BTreeSet::new();
    let mut exit_codes = BTreeSet::new();
    let mut failures = BTreeSet::new();
    for cause in known_causes() {
        let id = cause.id;
        assert!(ids.insert(id), "{id} twice");
        assert!(
            !cause.meaning.ends_with('.') && cause.meaning.len() > 20,
            "{id}"
        );
        assert!(cause.remedy.ends_with('.'), "{id}");
        let is_recognized = !cause.texts.is_empty()
            || !cause.log_lines.is_empty()
            || !cause.exit_codes.is_empty()
            || !cause.failures.is_empty();
        assert!(is_recognized, "{id}");
        for (operation, problems) in cause.failures {
            for problem in *problems {
                let failure = format!("{operation:?}, {problem:?}");
                assert!(failures.insert(failure.clone()), "{id}: {failure} twice");
            }
        }
        for part in cause.texts.iter().chain(cause.log_lines).copied().flatten() {
            assert_eq!(part, &part.to_ascii_lowercase(), "{id}");
            assert!(!part.contains(['\u{2018}', '\u{2019}']), "{id}");
        }
        for code in cause.exit_codes {
            assert!(exit_codes.insert(code), "{id}: {code} twice");
            assert!(meaning(*code).is_some(), "{id}: {code}");
        }
    }
}

#[test]
fn the_page_is_generated_from_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/causes.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        written,
        page(),
        "docs/causes.md is out of date: run cargo xtask regenerate"
    );
}

/// Texts that no pattern of the catalogue was written for: each has its cause, and the diagnosis names
/// the resource, the missing permission or the remedy.
#[test]
fn reported_texts_are_diagnosed_with_their_resource() {
    let mut wrong = Vec::new();
    for row in recorded::table("reported-reasons") {
        let found = diagnose_text(&row["text"]);
        let code = found.as_ref().and_then(|d| d.code).unwrap_or("-");
        if code != row["cause"] {
            wrong.push(format!(
                "{code} instead of {}: {}",
                row["cause"], row["text"]
            ));
            continue;
        }
        let Some(found) = found else { continue };
        let words = format!("{} {}", found.summary(), found.remedy.unwrap_or_default());
        for name in row["names"].split('|').filter(|name| *name != "-") {
            if !words.contains(name) {
                wrong.push(format!("{name} is missing: {words}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
