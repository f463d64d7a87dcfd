//! The project's text in plain English: no help, document, workflow, action file or Terraform
//! description contains what the style guide rejects, unless `tests/prose-allowed.txt` says why.
//! `cargo xtask prose --findings` lists the lines that break a rule in all files.

use stories::programs::{command, program, repository, run};
use stories::prose::{Kind, Line, TEXTS, lines, rates, rules};

/// What follows the rules in all files.
const HELD: [Kind; 3] = [Kind::Docs, Kind::Comment, Kind::Description];

/// Files whose comments and messages follow the rules as well.
const HELD_CODE: [&str; 3] = ["crates/", "tests/", "xtask/"];

fn is_held(line: &Line) -> bool {
    HELD.contains(&line.kind) || HELD_CODE.iter().any(|path| line.file.starts_with(path))
}

const VERBS: [&str; 6] = [
    "tf-outputs",
    "ecr-push",
    "render-taskdef",
    "ecs-deploy",
    "wait-healthy",
    "deploy-status",
];

/// `RULE<tab>FILE<tab>PART OF THE LINE<tab>REASON`.
struct Allowed {
    rule: String,
    file: String,
    part: String,
}

fn allowed() -> Vec<Allowed> {
    let text = std::fs::read_to_string(repository().join("tests/prose-allowed.txt")).unwrap();
    let entries = text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    entries
        .map(|entry| {
            let parts: Vec<&str> = entry.split('\t').collect();
            let [rule, file, part, reason] = parts.as_slice() else {
                panic!("not RULE, FILE, PART and REASON: {entry:?}");
            };
            assert!(reason.len() > 10, "no reason: {entry:?}");
            Allowed {
                rule: (*rule).to_owned(),
                file: (*file).to_owned(),
                part: (*part).to_owned(),
            }
        })
        .collect()
}

#[test]
fn no_text_breaks_the_style_guide() {
    let rules = rules();
    let allowed = allowed();
    let mut used = vec![false; allowed.len()];
    let mut wrong = Vec::new();
    for line in lines().unwrap().into_iter().filter(is_held) {
        for rule in rules.iter().filter(|rule| rule.rejects(&line)) {
            let exception = allowed.iter().position(|a| {
                a.rule == rule.name && line.file == a.file && line.text.contains(&a.part)
            });
            match exception {
                Some(at) => used[at] = true,
                None => wrong.push(finding(&line, rule.name, rule.instead)),
            }
        }
    }
    let unused = allowed.iter().zip(&used).filter(|(_, used)| !**used);
    wrong.extend(unused.map(|(a, _)| {
        format!(
            "nothing needs the exception {} {} {:?}",
            a.rule, a.file, a.part
        )
    }));
    assert!(
        wrong.is_empty(),
        "{} lines:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn finding(line: &Line, rule: &str, instead: &str) -> String {
    format!(
        "{}:{}: {rule}: {instead}\n    {}",
        line.file, line.number, line.text
    )
}

#[test]
fn the_rates_of_habits_are_within_their_limits() {
    let mut lines = lines().unwrap();
    lines.retain(is_held);
    let mut wrong = Vec::new();
    for (name, kinds) in TEXTS {
        for (habit, rate) in rates(&lines, kinds).1 {
            let limit = if name == "docs" {
                habit.docs
            } else {
                habit.comments
            };
            if !limit.allows(rate) {
                wrong.push(format!("{name}: {}: {rate:.1}, {limit}", habit.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_help_of_a_flag_fits_a_line() {
    let mut wrong = Vec::new();
    for verb in VERBS {
        let help = run(command(program(verb)).arg("-h").env("COLUMNS", "500"))
            .expect(0)
            .stdout;
        for line in help.lines().filter(|l| l.trim_start().starts_with('-')) {
            let described = line
                .trim_start()
                .split_once("  ")
                .map_or("", |(_, d)| d.trim());
            let text = described.split(" [default").next().unwrap_or_default();
            let text = text.split(" [possible").next().unwrap_or_default();
            if text.chars().count() > 80 {
                wrong.push(format!(
                    "{verb}: {} characters: {text}",
                    text.chars().count()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn short_help_fits_a_screen_and_long_help_has_examples() {
    for verb in VERBS {
        let help = |flag: &str| {
            let mut program = command(program(verb));
            run(program.arg(flag).env("COLUMNS", "80")).expect(0).stdout
        };
        let short = help("-h");
        let lines = short.lines().count();
        assert!(lines <= 40, "{verb} -h has {lines} lines:\n{short}");
        let long = help("--help");
        let examples = long.split("Examples:\n").nth(1).unwrap_or_default();
        let lines = examples.lines().take_while(|line| !line.is_empty());
        let ours = lines.filter(|line| line.starts_with(&format!("  {verb} ")));
        assert!(ours.count() >= 3, "{verb} --help:\n{long}");
    }
}

#[test]
fn the_rules_find_only_what_they_are_for() {
    let rejected = |text: &str| {
        let line = Line {
            file: "x.md".into(),
            number: 1,
            kind: Kind::Docs,
            text: text.into(),
            is_heading: text.starts_with('#'),
        };
        rules()
            .iter()
            .filter(|r| r.rejects(&line))
            .map(|r| r.name)
            .collect::<Vec<_>>()
    };
    for (text, rule) in [
        ("Wait at most so long, as 10m", "as-for-example"),
        ("an action, as `updated`", "as-for-example"),
        ("`10` is no length of time", "is-no"),
        ("tags, one a line", "one-a-line"),
        ("Where there is none, nothing is sent", "where-for-if"),
        ("the exit code tells what happened", "tell"),
        ("what stands in the file", "stand"),
        ("## Worth knowing", "old-heading"),
    ] {
        assert_eq!(rejected(text), [rule], "{text}");
    }
    for text in [
        "the file is no longer read",
        "as soon as possible",
        "where the state is kept",
        "Where the state is kept. It is versioned, too.",
        "a standard form",
        "one per line, e.g. `a=b`",
    ] {
        assert!(rejected(text).is_empty(), "{text}: {:?}", rejected(text));
    }
}
