//! Each format, and the values that it rejects.

use serde_json::json;

use crate::run::{file, run, run_on, state};

fn text(outputs: serde_json::Value, args: &[&str]) -> String {
    let mut all = vec!["--state", "-"];
    all.extend(args);
    let ran = run_on(state(outputs).as_bytes(), &all);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn some() -> serde_json::Value {
    json!({
        "name": "prod's \"web\" $HOME `id` \\ !", "port": 8080, "ratio": 1.50, "on": true, "with-hyphen": "x",
        "ids": ["a", "b"], "map": {"k": ["$v", 1]}, "empty": "", "nothing": null,
    })
}

#[test]
fn shell() {
    insta::assert_snapshot!(text(some(), &["--format", "shell"]), @r#"
    empty=''
    ids='["a","b"]'
    map='{"k":["$v",1]}'
    name='prod'\''s "web" $HOME `id` \ !'
    on='true'
    port='8080'
    ratio='1.5'
    with_hyphen='x'
    "#);
}

#[test]
fn dotenv() {
    insta::assert_snapshot!(text(some(), &["--format", "dotenv"]), @r#"
    empty=
    ids=["a","b"]
    map={"k":["\u0024v",1]}
    name=prod's "web" $HOME `id` \ !
    on=true
    port=8080
    ratio=1.5
    with_hyphen=x
    "#);
}

#[test]
fn properties() {
    let mut outputs = some();
    outputs["multi"] = json!(" first\n\tsecond é 😀 #:=!");
    insta::assert_snapshot!(text(outputs, &["--format", "properties"]), @r#"
    empty=
    ids=["a","b"]
    map={"k"\:["$v",1]}
    multi=\ first\n\tsecond \u00E9 \uD83D\uDE00 \#\:\=\!
    name=prod's "web" $HOME `id` \\ \!
    on=true
    port=8080
    ratio=1.5
    with-hyphen=x
    "#);
}

#[test]
fn one_variable_for_all() {
    let outputs = json!({"a": "x\ny", "b": ["$1"]});
    assert_eq!(
        text(
            outputs.clone(),
            &["--format", "dotenv", "--json-variable", "INFRA"]
        ),
        "INFRA={\"a\":\"x\\ny\",\"b\":[\"\\u00241\"]}\n"
    );
    assert_eq!(
        text(outputs, &["--format", "shell", "--json-variable", "INFRA"]),
        "INFRA='{\"a\":\"x\\ny\",\"b\":[\"$1\"]}'\n"
    );
}

#[test]
fn lists_joined_by_commas() {
    let outputs = json!({"ids": ["subnet-1", "subnet-2"], "numbers": [1, true], "none": []});
    assert_eq!(
        text(outputs, &["--format", "dotenv", "--list-format", "comma"]),
        "ids=subnet-1,subnet-2\nnone=\nnumbers=1,true\n"
    );
}

#[test]
fn values_that_a_reader_would_lose_are_rejected() {
    let many: serde_json::Map<String, serde_json::Value> =
        (0..21).map(|n| (format!("o{n:02}"), json!(n))).collect();
    for (outputs, args, message) in [
        (
            json!({"a": "x\ny"}),
            &["dotenv"][..],
            "output `a` contains a line break, which GitLab's dotenv report cannot represent",
        ),
        (
            json!({"a": " x"}),
            &["dotenv"],
            "spaces at its start or end",
        ),
        (json!({"a": "x\u{0}"}), &["dotenv"], "a NUL character"),
        (json!({"a": "x\u{0}"}), &["shell"], "a NUL character"),
        (
            json!({"a": "x".repeat(5 * 1024)}),
            &["dotenv"],
            "GitLab accepts at most 5119",
        ),
        (
            json!(many),
            &["dotenv"],
            "21 variables, but GitLab accepts at most 20",
        ),
        (
            json!({"if": "x"}),
            &["shell"],
            "output `if` cannot become a variable: `if` is a shell keyword",
        ),
        (
            json!({"PATH": "x"}),
            &["shell"],
            "output `PATH` cannot become a variable: PATH is reserved for the shell or the CI system",
        ),
        (
            json!({"LD_PRELOAD": "x"}),
            &["dotenv"],
            "LD_PRELOAD is reserved for the shell or the CI system",
        ),
        (
            json!({"BITBUCKET_BRANCH": "x"}),
            &["dotenv"],
            "BITBUCKET_BRANCH is reserved for the shell or the CI system",
        ),
        (
            json!({"größe": 1}),
            &["shell"],
            "its name may contain only ASCII letters",
        ),
        (
            json!({"a-b": 1, "a_b": 2}),
            &["shell"],
            "outputs `a-b` and `a_b` would both become the variable a_b",
        ),
        (
            json!({"a": ["x,y"]}),
            &["shell", "--list-format", "comma"],
            "cannot be joined with commas: an item contains a comma",
        ),
        (
            json!({"a": [["x"]]}),
            &["shell", "--list-format", "comma"],
            "an item is itself a list",
        ),
    ] {
        let mut all = vec!["--state", "-", "--format"];
        all.extend(args);
        let ran = run_on(state(outputs).as_bytes(), &all);
        assert_eq!(ran.code, 2, "{message}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{message}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let ran = run_on(
        state(json!(many)).as_bytes(),
        &["--state", "-", "--format", "dotenv", "--dotenv-limit", "50"],
    );
    assert_eq!(ran.stdout.lines().count(), 21);
}

#[test]
fn a_dollar_in_a_dotenv_value_causes_a_warning() {
    let ran = run_on(
        state(some()).as_bytes(),
        &["--state", "-", "--format", "dotenv"],
    );
    assert!(
        ran.stderr.contains("warning: output `name` contains a `$`"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("prod's"), "no value: {}", ran.stderr);
}

#[test]
fn a_file_is_written_completely_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), "out.env", "before");
    let state_path = file(directory.path(), "s.tfstate", state(json!({"a": "x\ny"})));
    let ran = run(&["--state", &state_path, "--format", "dotenv", "--out", &path]);
    assert_eq!(ran.code, 2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");

    let ran = run(&["--state", &state_path, "--out", &path]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "{\n  \"a\": \"x\\ny\"\n}\n"
    );
    assert!(
        ran.stderr.contains(&format!("written to {path}")),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn the_result_contains_names_but_never_values() {
    let directory = tempfile::tempdir().unwrap();
    let state_path = file(
        directory.path(),
        "s.tfstate",
        state(json!({"a": "value-a", "!b": "value-b"})),
    );
    let results = directory.path().join("results");
    let ran = run(&[
        "--state",
        &state_path,
        "--results",
        results.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = std::fs::read_to_string(results.join("tf-outputs.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["verdict"], "read");
    assert_eq!(
        result["data"],
        json!({"source": state_path, "names": ["a"], "omittedSensitive": ["b"]})
    );
    assert!(!text.contains("value-"), "{text}");
}

#[test]
fn environment_variables_outside_of_github_cause_a_warning() {
    let ran = run_on(
        state(json!({"a": 1})).as_bytes(),
        &["--state", "-", "--github-env"],
    );
    assert_eq!(ran.json(), json!({"a": 1}));
    assert!(
        ran.stderr.contains("warning: --github-env has no effect"),
        "{}",
        ran.stderr
    );
}

#[test]
fn only_the_owner_can_read_a_file_with_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let state_path = file(
        directory.path(),
        "s.tfstate",
        state(json!({"a": 1, "!b": "x"})),
    );
    let out = directory.path().join("outputs.json");
    let out = out.to_str().unwrap();
    let ran = run(&["--state", &state_path, "--include-sensitive", "--out", out]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mode = std::fs::metadata(out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
