//! The rules for dependencies between crates, checked against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use stories::programs::repository;

const VERBS: [&str; 6] = [
    "deploy-status",
    "ecr-push",
    "ecs-deploy",
    "render-taskdef",
    "tf-outputs",
    "wait-healthy",
];
const PLUMBING: [&str; 5] = [
    "ecs-client",
    "pipeline-aws",
    "pipeline-http",
    "pipeline-io",
    "registry",
];
const PURE: [&str; 4] = ["ecs-document", "ecs-model", "rollout", "tf-state"];

/// Dependency → the only crate that may use it.
const NAMED_ONCE: [(&str, &str); 6] = [
    ("aws-config", "pipeline-aws"),
    ("aws-sdk-ecs", "ecs-client"),
    ("hickory-resolver", "pipeline-http"),
    ("oci-client", "registry"),
    ("octocrab", "deploy-status"),
    ("rustls", "pipeline-http"),
];

/// What no pure crate may depend on, even indirectly.
const IMPURE: [&str; 7] = [
    "aws-config",
    "hyper",
    "octocrab",
    "reqwest",
    "rustls",
    "socket2",
    "tokio",
];

/// What no pure crate may call.
const IMPURE_CALLS: [&str; 8] = [
    "std::env::",
    "std::fs::",
    "std::net::",
    "std::process::",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
];

struct Graph {
    /// Workspace crate → direct dependencies that ship (normal and build).
    ships: BTreeMap<String, BTreeSet<String>>,
    /// Workspace crate → dependencies that only its tests have.
    tests: BTreeMap<String, BTreeSet<String>>,
    /// Any crate → everything that ships with it.
    reaches: BTreeMap<String, BTreeSet<String>>,
}

static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let members: BTreeSet<&str> = metadata["workspace_members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["id"].as_str().unwrap(), p["name"].as_str().unwrap()))
        .collect();
    let mut ships = BTreeMap::new();
    let mut tests = BTreeMap::new();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let id = node["id"].as_str().unwrap();
        for dep in node["deps"].as_array().unwrap() {
            let to = dep["pkg"].as_str().unwrap();
            let kinds = dep["dep_kinds"].as_array().unwrap();
            let is_shipped = kinds.iter().any(|k| k["kind"] != "dev");
            let list = if is_shipped { &mut ships } else { &mut tests };
            if members.contains(id) {
                let set: &mut BTreeSet<String> = list.entry(names[id].to_owned()).or_default();
                set.insert(names[to].to_owned());
            }
            if is_shipped {
                edges.entry(id).or_default().push(to);
            }
        }
    }
    let mut reaches = BTreeMap::new();
    for member in &members {
        let mut seen = BTreeSet::new();
        let mut next = vec![*member];
        while let Some(id) = next.pop() {
            for to in edges.get(id).into_iter().flatten() {
                if seen.insert(names[to].to_owned()) {
                    next.push(to);
                }
            }
        }
        reaches.insert(names[member].to_owned(), seen);
    }
    Graph {
        ships,
        tests,
        reaches,
    }
});

fn ours(name: &str) -> bool {
    VERBS.contains(&name)
        || PLUMBING.contains(&name)
        || PURE.contains(&name)
        || ["fakes", "fargate-pipeline", "stories", "xtask", "hello"].contains(&name)
}

fn shipped(name: &str) -> BTreeSet<&'static str> {
    GRAPH
        .ships
        .get(name)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_verb_depends_on_no_verb() {
    for verb in VERBS {
        let all: BTreeSet<_> = shipped(verb)
            .into_iter()
            .chain(
                GRAPH
                    .tests
                    .get(verb)
                    .into_iter()
                    .flatten()
                    .map(String::as_str),
            )
            .collect();
        let verbs: Vec<_> = all
            .iter()
            .filter(|d| VERBS.contains(d) || **d == "fargate-pipeline")
            .collect();
        assert!(verbs.is_empty(), "{verb} depends on {verbs:?}");
    }
}

#[test]
fn only_the_multi_call_program_depends_on_verbs() {
    for name in GRAPH.ships.keys().filter(|n| *n != "fargate-pipeline") {
        let verbs: Vec<_> = shipped(name)
            .into_iter()
            .filter(|d| VERBS.contains(d))
            .collect();
        assert!(verbs.is_empty(), "{name} depends on {verbs:?}");
    }
}

#[test]
fn infrastructure_crates_depend_only_on_each_other() {
    for (name, may) in [
        ("pipeline-http", vec![]),
        ("pipeline-io", vec![]),
        ("pipeline-aws", vec!["pipeline-http", "pipeline-io"]),
        (
            "ecs-client",
            vec!["ecs-model", "pipeline-aws", "pipeline-http"],
        ),
        ("registry", vec!["pipeline-http"]),
        ("ecs-document", vec!["ecs-model"]),
        ("ecs-model", vec![]),
        ("rollout", vec!["ecs-model"]),
        ("tf-state", vec![]),
        ("fakes", vec![]),
        ("stories", vec![]),
    ] {
        let wrong: Vec<_> = shipped(name)
            .into_iter()
            .filter(|d| ours(d) && !may.contains(d))
            .filter(|d| !(PLUMBING.contains(&name) && PURE.contains(d)))
            .collect();
        assert!(wrong.is_empty(), "{name} depends on {wrong:?}");
    }
}

#[test]
fn each_of_these_dependencies_has_one_crate() {
    for (dependency, only) in NAMED_ONCE {
        let namers: Vec<_> = GRAPH
            .ships
            .keys()
            .filter(|n| shipped(n).contains(dependency))
            .map(String::as_str)
            .collect();
        assert_eq!(namers, [only], "{dependency} is for {only} alone");
    }
}

#[test]
fn pure_crates_depend_only_on_pure_crates() {
    for pure in PURE {
        let reached: Vec<_> = IMPURE
            .iter()
            .filter(|i| GRAPH.reaches[pure].contains(**i))
            .collect();
        assert!(reached.is_empty(), "{pure} reaches {reached:?}");
        for (path, text) in sources(&repository().join("crates").join(pure).join("src")) {
            let text = text.split("#[cfg(test)]").next().unwrap();
            for call in IMPURE_CALLS {
                assert!(!text.contains(call), "{path} calls {call}");
            }
        }
    }
}

#[test]
fn fakes_are_for_tests_and_the_demo() {
    for name in GRAPH
        .ships
        .keys()
        .filter(|n| !["xtask", "fakes"].contains(&n.as_str()))
    {
        assert!(!shipped(name).contains("fakes"), "{name} ships with fakes");
    }
}

#[test]
fn one_tls_stack_and_no_c_resolver() {
    for verb in VERBS {
        for other in [
            "openssl",
            "openssl-sys",
            "native-tls",
            "aws-lc-rs",
            "aws-lc-sys",
            "trust-dns-resolver",
        ] {
            assert!(
                !GRAPH.reaches[verb].contains(other),
                "{verb} ships with {other}"
            );
        }
    }
}

#[test]
fn every_program_has_the_same_files() {
    for verb in VERBS {
        let src = repository().join("crates").join(verb).join("src");
        for room in ["main.rs", "lib.rs", "args.rs", "run.rs"] {
            assert!(src.join(room).is_file(), "{verb} has no {room}");
        }
        let main = std::fs::read_to_string(src.join("main.rs")).unwrap();
        assert!(
            main.lines().count() <= 30,
            "{verb}'s main.rs is more than a door"
        );
    }
}

#[test]
fn no_file_is_named_common_or_has_more_than_400_lines() {
    for (path, text) in sources(&repository().join("crates")) {
        let stem = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        assert!(
            !["common", "utils", "util", "helpers", "misc"].contains(&stem),
            "{path}"
        );
        // Tables of test cases may be long, but files that ship may not.
        let is_test = path.contains("/tests/") || stem == "tests";
        let lines = text.lines().count();
        assert!(is_test || lines <= 400, "{path} has {lines} lines");
    }
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                next.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((
                    path.display().to_string(),
                    std::fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    assert!(!found.is_empty(), "no sources below {}", folder.display());
    found
}
