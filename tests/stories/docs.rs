//! Every flag that the documentation names exists, and the README's workflow runs as printed
//! (`actions/examples.rs`) and is as short as the README claims.

mod commands;
mod guides;
mod links;
mod shell;
mod troubleshooting;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use stories::programs::{command, program, repository, run};

const VERBS: [&str; 6] = [
    "tf-outputs",
    "ecr-push",
    "render-taskdef",
    "ecs-deploy",
    "wait-healthy",
    "deploy-status",
];

/// The flags of a program, including those of its subcommands.
type Flags = BTreeMap<&'static str, BTreeSet<String>>;

fn flags() -> Flags {
    let of = |verb: &'static str| {
        let help = |arguments: &[&str]| {
            run(command(program(verb)).args(arguments).arg("--help"))
                .expect(0)
                .stdout
        };
        let main = help(&[]);
        let mut flags: BTreeSet<String> = named(&main).collect();
        let commands = main.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in commands.take_while(|line| !line.is_empty()) {
            // Names are indented by two columns; deeper lines continue a description.
            let name = line.strip_prefix("  ").filter(|l| !l.starts_with(' '));
            let name = name.and_then(|l| l.split(' ').next());
            if let Some(name) = name.filter(|name| *name != "help") {
                flags.extend(named(&help(&[name])));
            }
        }
        (verb, flags)
    };
    VERBS.map(of).into()
}

/// The flags that `--help` lists, each at the start of its line.
fn named(help: &str) -> impl Iterator<Item = String> + '_ {
    help.lines().filter_map(|line| {
        let line = line.trim_start();
        let short = ["-h, ", "-V, ", "-v, "].into_iter();
        let long = short.filter_map(|short| line.strip_prefix(short)).next();
        flag(long.unwrap_or(line))
    })
}

/// The flag that a word starts with.
fn flag(word: &str) -> Option<String> {
    let rest = word.strip_prefix("--")?;
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
    // `--unset-*` means several flags.
    let name = &rest[..end];
    (!name.is_empty() && !name.ends_with('-')).then(|| name.to_owned())
}

/// The paragraphs of a page, each with the code in it. Each command of a code block is one piece.
fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut fenced = false;
    for block in text.replace("\\\n", " ").split("\n\n") {
        let mut pieces = Vec::new();
        for line in block.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                pieces.push(line.to_owned());
            } else {
                let spans = line.split('`').skip(1).step_by(2);
                pieces.extend(spans.map(str::to_owned));
            }
        }
        all.push(pieces);
    }
    all
}

/// The flags in a piece of code, each with the program of ours that gets it, or without one if the
/// piece starts with a flag. Flags of other programs and text in quotes are skipped.
fn given(piece: &str) -> Vec<(Option<&'static str>, String)> {
    let bare: String = piece.split('\'').step_by(2).collect();
    let mut given = Vec::new();
    for one in bare.split(['|', ';', '&']) {
        let begins = one.trim_start().starts_with("--");
        let mut to = None;
        for word in one.split_whitespace() {
            let word = word.trim_matches(['"', '\'', '(', ')', ',']);
            if let Some(verb) = VERBS.iter().find(|verb| **verb == word) {
                to = Some(*verb);
            } else if let Some(flag) = flag(word).filter(|_| begins || to.is_some()) {
                given.push((to, flag));
            }
        }
    }
    given
}

/// All pages of the documentation, including the guides and the lints.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    collect(&repository().join("docs"), &mut pages);
    for more in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "Infra/README.md",
        "actions/README.md",
    ] {
        pages.push(repository().join(more));
    }
    pages.sort();
    pages
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|e| e == "md") {
            pages.push(path);
        }
    }
}

#[test]
fn every_flag_that_a_page_names_is_one_of_its_program() {
    let flags = flags();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        let about = page.file_stem().and_then(|stem| stem.to_str());
        let about = about.and_then(|stem| flags.get_key_value(stem));
        for paragraph in paragraphs(&std::fs::read_to_string(&page).unwrap()) {
            for (to, flag) in paragraph.iter().flat_map(|piece| given(piece)) {
                let has = |verb: &str| flags[verb].contains(&flag);
                let fits = match (to, about) {
                    (Some(verb), _) => has(verb),
                    // A flag without a program belongs to the page's own program, or to one that
                    // its paragraph names.
                    (None, Some((own, _))) => {
                        has(own) || VERBS.iter().any(|v| mentions(&paragraph, v) && has(v))
                    }
                    // On other pages it may belong to any tool.
                    (None, None) => continue,
                };
                seen += 1;
                if !fits {
                    wrong.push(format!("{}: --{flag}", shown(&page)));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} flags were found");
    assert!(wrong.is_empty(), "no such flags:\n{}", wrong.join("\n"));
}

fn mentions(paragraph: &[String], verb: &str) -> bool {
    paragraph.iter().any(|piece| piece.contains(verb))
}

fn shown(page: &Path) -> String {
    let inside = page.strip_prefix(repository()).unwrap_or(page);
    inside.display().to_string()
}

/// The workflow that the README shows.
pub fn readmes_workflow() -> String {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let (_, from) = readme.split_once("```yaml\n").unwrap();
    let (workflow, _) = from.split_once("```").unwrap();
    workflow.to_owned()
}

#[test]
fn the_readmes_comparison_is_correct() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let workflow = readmes_workflow();
    let lines = workflow.lines().count();
    let foreign = workflow.matches("uses: ").count() - workflow.matches("actions/checkout").count();
    let (_, inputs) = workflow.split_once("with:\n").unwrap();
    for (what, count) in [
        ("lines of the workflow", lines),
        ("actions to keep up to date", foreign),
        ("values to fill in", inputs.lines().count()),
        ("secrets to store", workflow.matches("secrets.").count()),
    ] {
        let row = readme.lines().find(|line| line.contains(what)).unwrap();
        let ours = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let ours = ours.trim().split([' ', ':']).next();
        assert_eq!(ours, Some(count.to_string().as_str()), "{row}");
    }
}
