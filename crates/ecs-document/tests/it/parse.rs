//! Texts that are parsed, and texts that are rejected with a location.

use ecs_document::{Document, LineColumn, MAX_BYTES, Syntax};
use serde_json::json;

fn refused(text: &str, syntax: Syntax) -> String {
    let error = Document::parse(text, "x", syntax).unwrap_err();
    let LineColumn { line, column } = error.location;
    format!("{line}:{column}: {error}")
}

#[test]
fn json_is_kept_as_written() {
    let text = r#"{"family":"x","big":123456789012345678901234567890,"half":1.50,"exp":1E5,
        "huge":1e400,"zero":-0,"text":"\u00fc\"\\","none":null,"z":1,"a":2}"#;
    let document = Document::parse(text, "x", Syntax::Json).unwrap();
    assert_eq!(
        document.value().to_string(),
        r#"{"family":"x","big":123456789012345678901234567890,"half":1.50,"exp":1E5,"huge":1e400,"zero":-0,"text":"ü\"\\","none":null,"z":1,"a":2}"#
    );
}

#[test]
fn comments_trailing_commas_bom_and_crlf_are_accepted() {
    let text =
        "\u{feff}{ // a task\r\n \"family\": \"x\", /* two\r\n lines */ \"list\": [1, 2,],\r\n}";
    let document = Document::parse(text, "x", Syntax::JsonWithComments).unwrap();
    assert_eq!(document.value(), &json!({"family": "x", "list": [1, 2]}));
    assert_eq!(
        document.location("/list/1"),
        Some(LineColumn {
            line: 3,
            column: 23
        })
    );
    let yaml = Document::parse("\u{feff}family: x\r\nlist:\r\n- 1\r\n", "x", Syntax::Yaml).unwrap();
    assert_eq!(yaml.value(), &json!({"family": "x", "list": [1]}));
    assert_eq!(
        yaml.location("/list/0"),
        Some(LineColumn { line: 3, column: 3 })
    );
}

#[test]
fn yaml_anchors_and_merges_are_expanded() {
    let text = r#"
x-log: &log
  logDriver: awslogs
  options: {awslogs-group: /g}
containers:
  - name: app
    log: *log
  - <<: *log
    name: side
    logDriver: other
number: 0x10x
port: "80"
folded: >-
  two
  words
tagged: !!str 5
"#;
    let document = Document::parse(text, "x", Syntax::Yaml).unwrap();
    assert_eq!(
        document.value(),
        &json!({
            "x-log": {"logDriver": "awslogs", "options": {"awslogs-group": "/g"}},
            "containers": [
                {"name": "app", "log": {"logDriver": "awslogs", "options": {"awslogs-group": "/g"}}},
                {"name": "side", "logDriver": "other", "options": {"awslogs-group": "/g"}},
            ],
            "number": "0x10x", "port": "80", "folded": "two words", "tagged": "5",
        })
    );
    assert_eq!(
        document.location("/containers/0/name"),
        Some(LineColumn {
            line: 6,
            column: 11
        })
    );
    assert_eq!(
        document.name_location("/containers/0/name"),
        Some(LineColumn { line: 6, column: 5 })
    );
}

#[test]
fn bad_json_is_rejected_with_a_location() {
    for (text, expected) in [
        (
            "{\"a\":1,\n \"a\":2}",
            "2:2: duplicate name \"a\"; the first is at line 1, column 2",
        ),
        ("{\"a\":NaN}", "1:6: unexpected token, at \"NaN\""),
        ("{\"a\":01}", "1:7: expected a comma"),
        ("{\"a\":+1}", "1:6: "),
        (
            "{\"a\":\"x\ny\"}",
            "1:6: not a JSON string: control character",
        ),
        ("{\"a\":\"\\ud800\"}", "1:7: invalid unicode escape"),
        ("{\"a\":1", "1:1: this object is not closed"),
        ("{\"a\":[1", "1:6: this list is not closed"),
        ("{\"a\":}", "1:6: expected a value, at \"}\""),
        ("{\"a\":", "1:6: expected a value"),
        ("{\"a\":1,}", "1:7: a trailing comma is not allowed"),
        ("{\"a\":1,,}", "1:8: expected a name in double quotes"),
        ("{\"a\" 1}", "1:6: expected a colon after the name"),
        ("{\"a\":[1 2]}", "1:8: "),
        ("{\"a\":[1,]}", "1:8: "),
        ("{a:1}", "1:2: "),
        ("{'a':1}", "1:2: "),
        ("{} {}", "1:4: "),
        ("[1]", "1:1: expected an object, but this is a list"),
        ("\"x\"", "1:1: expected an object, but this is a string"),
        ("", "1:1: the text is empty except for comments and spaces"),
        ("{\"a\":1} // no", "1:9: "),
    ] {
        let error = refused(text, Syntax::Json);
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    assert!(refused(&deep, Syntax::Json).ends_with("more than 100 levels of nesting"));
    let deeper = format!("{{\"a\":{}", "[".repeat(100_000));
    assert!(refused(&deeper, Syntax::Json).ends_with("more than 100 levels of nesting"));
}

#[test]
fn bad_yaml_is_rejected_with_a_location() {
    for (text, expected) in [
        (
            "a: 1\nb: 2\na: 3\n",
            "3:1: duplicate name \"a\"; the first is at line 1, column 1",
        ),
        (
            "a: &x [1, *x]\n",
            "1:11: *x is inside the value that it refers to",
        ),
        (
            "a: &x\n  b: *x\n",
            "2:6: *x is inside the value that it refers to",
        ),
        ("a: *nowhere\n", "1:4: "),
        ("a: .nan\n", "1:4: JSON cannot represent the number .nan"),
        ("a: -.inf\n", "1:4: JSON cannot represent the number -.inf"),
        (
            "account: 012345678901\n",
            "1:10: 012345678901 is a number in YAML, in a notation",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2:1: a second YAML document starts here",
        ),
        ("- 1\n", "1:1: expected an object, but this is a list"),
        ("# nothing\n", "1:1: "),
        ("a: !Sub x\n", "1:9: the tag !Sub is not supported"),
        ("a: !!int x\n", "1:10: \"x\" is not a valid JSON number"),
        (
            "? [a]\n: 1\n",
            "1:3: a name must be text, not a list or an object",
        ),
        ("<<: 1\n", "1:1: << needs an object or a list of objects"),
        ("a: [1\n", "1:4: unclosed bracket"),
        ("a: b: c\n", "1:5: "),
        ("a: \"x\n", "1:4: "),
    ] {
        let error = refused(text, Syntax::Yaml);
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
}

#[test]
fn multiplying_aliases_are_rejected_quickly() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for n in 1..12 {
        let before = n - 1;
        let aliases = vec![format!("*a{before}"); 10].join(",");
        text.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let error = refused(&text, Syntax::Yaml);
    assert!(
        error.ends_with("more than 100000 values after the aliases are expanded"),
        "{error}"
    );
}

#[test]
fn a_text_beyond_the_limit_is_rejected() {
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES));
    for syntax in [Syntax::Json, Syntax::Yaml] {
        assert!(refused(&text, syntax).contains("more than the limit of 1 MiB"));
    }
}

#[test]
fn the_syntax_follows_from_name_or_text() {
    for (name, text, syntax) in [
        ("t.json", "", Syntax::JsonWithComments),
        ("t.YAML", "{", Syntax::Yaml),
        ("t.yml", "", Syntax::Yaml),
        ("-", " {\"a\":1}", Syntax::JsonWithComments),
        ("-", "// x\n{}", Syntax::JsonWithComments),
        ("taskdef", "family: x", Syntax::Yaml),
    ] {
        assert_eq!(Syntax::of(name, text), syntax, "{name} {text}");
    }
}

#[test]
fn errors_do_not_contain_the_text_of_the_file() {
    // The file may be another one than intended, e.g. a link to one with passwords.
    for text in [
        "DB_PASSWORD=hunter2-secret\n",
        "hunter2\n",
        "{\"a\": hunter2}",
        "{\"a\": -hunter2}",
        "{\"a\": 1hunter2}",
        "{\"a\" \"hunter2\"}",
        "{\"a\": \"x\" \"hunter2\"}",
        "{hunter2: 1}",
        "{\"a\": \"hunter2\\q\"}",
        "{\"a\": \"hunter2",
        "{\"a\": NaNhunter2}",
        "'hunter2'",
        "a: @hunter2",
        "a: \"hunter2\\q\"",
        "a: %hunter2\nb: [hunter2",
        "A=hunter2: {x",
        "hunter2",
    ] {
        for syntax in [Syntax::Json, Syntax::JsonWithComments, Syntax::Yaml] {
            if let Err(error) = Document::parse(text, "x", syntax) {
                assert!(!error.to_string().contains("hunter2"), "{text}: {error}");
            }
        }
    }
}
