//! Each format, and what it refuses.

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
fn what_a_reader_would_lose_is_refused() {
    let many: serde_json::Map<String, serde_json::Value> =
        (0..21).map(|n| (format!("o{n:02}"), json!(n))).collect();
    for (outputs, args, said) in [
        (
            json!({"a": "x\ny"}),
            &["dotenv"][..],
            "output `a` holds a line break, which GitLab's dotenv report cannot hold",
        ),
        (
            json!({"a": " x"}),
            &["dotenv"],
            "blanks at its beginning or end",
        ),
        (json!({"a": "x\u{0}"}), &["dotenv"], "a NUL character"),
        (json!({"a": "x\u{0}"}), &["shell"], "a NUL character"),
        (
            json!({"a": "x".repeat(5 * 1024)}),
            &["dotenv"],
            "GitLab takes at most 5119",
        ),
        (
            json!(many),
            &["dotenv"],
            "21 variables, and GitLab takes at most 20",
        ),
        (
            json!({"if": "x"}),
            &["shell"],
            "output `if` is named like the shell keyword `if`",
        ),
        (
            json!({"PATH": "x"}),
            &["shell"],
            "output `PATH` is named like the variable PATH, which a shell or the CI system needs",
        ),
        (
            json!({"LD_PRELOAD": "x"}),
            &["dotenv"],
            "named like the variable LD_PRELOAD",
        ),
        (
            json!({"größe": 1}),
            &["shell"],
            "characters other than ASCII letters",
        ),
        (
            json!({"a-b": 1, "a_b": 2}),
            &["shell"],
            "outputs `a-b` and `a_b` would both become the variable a_b",
        ),
        (
            json!({"a": ["x,y"]}),
            &["shell", "--list-format", "comma"],
            "cannot be joined by commas: an item holds a comma",
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
        assert_eq!(ran.code, 2, "{said}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
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
fn a_dollar_in_a_dotenv_value_is_warned_of() {
    let ran = run_on(
        state(some()).as_bytes(),
        &["--state", "-", "--format", "dotenv"],
    );
    assert!(
        ran.stderr.contains("warning: output `name` holds a `$`"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("prod's"), "no value: {}", ran.stderr);
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "out.env", "before");
    let state_path = file(folder.path(), "s.tfstate", state(json!({"a": "x\ny"})));
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
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn the_result_names_outputs_and_never_holds_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let state_path = file(
        folder.path(),
        "s.tfstate",
        state(json!({"a": "value-a", "!b": "value-b"})),
    );
    let results = folder.path().join("results");
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
fn environment_variables_outside_of_github_are_warned_of() {
    let ran = run_on(
        state(json!({"a": 1})).as_bytes(),
        &["--state", "-", "--github-env"],
    );
    assert_eq!(ran.json(), json!({"a": 1}));
    assert!(
        ran.stderr.contains("warning: --github-env sets nothing"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_with_secrets_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let state_path = file(
        folder.path(),
        "s.tfstate",
        state(json!({"a": 1, "!b": "x"})),
    );
    let out = folder.path().join("outputs.json");
    let out = out.to_str().unwrap();
    let ran = run(&["--state", &state_path, "--include-sensitive", "--out", out]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mode = std::fs::metadata(out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
