//! Edits keep the order of members and the locations.

use ecs_document::{Document, LineColumn, Syntax};
use serde_json::json;

const TEXT: &str = r#"{
  "family": "x",
  "list": [
    {"name": "a"},
    {"name": "b"}
  ],
  "z": 1
}"#;

fn document() -> Document {
    Document::parse(TEXT, "x.json", Syntax::Json).unwrap()
}

#[test]
fn what_is_removed_leaves_the_rest_in_order_and_in_place() {
    let mut document = document();
    assert_eq!(document.remove("/list/0"), Some(json!({"name": "a"})));
    assert_eq!(document.remove("/family"), Some(json!("x")));
    assert_eq!(document.remove("/none"), None);
    assert_eq!(document.remove("/list/7"), None);
    assert_eq!(
        document.value().to_string(),
        r#"{"list":[{"name":"b"}],"z":1}"#
    );
    assert_eq!(
        document.location("/list/0/name"),
        Some(LineColumn {
            line: 5,
            column: 14
        })
    );
}

#[test]
fn what_is_set_is_found_where_it_was_or_where_it_belongs() {
    let mut document = document();
    document.set("/z", json!([1])).unwrap();
    document.set("/list/1/new/deep", json!(true)).unwrap();
    document.set("/list/-", json!("end")).unwrap();
    assert_eq!(
        document.value().to_string(),
        r#"{"family":"x","list":[{"name":"a"},{"name":"b","new":{"deep":true}},"end"],"z":[1]}"#
    );
    assert_eq!(
        document.location("/z/0"),
        Some(LineColumn { line: 7, column: 8 })
    );
    assert_eq!(
        document.location("/list/1/new/deep"),
        Some(LineColumn { line: 5, column: 5 })
    );
    assert_eq!(
        document.location("/list/2"),
        Some(LineColumn {
            line: 3,
            column: 11
        })
    );
}

#[test]
fn a_pointer_to_nothing_is_an_error() {
    let mut document = document();
    for (pointer, said) in [
        (
            "family",
            "\"family\" is not a JSON pointer: it must start with /",
        ),
        (
            "/family/x",
            "/family is a string, so it has no member \"x\"",
        ),
        ("/list/5", "/list has 2 elements: \"5\" is not one of them"),
        (
            "/list/name",
            "/list has 2 elements: \"name\" is not one of them",
        ),
    ] {
        let error = document.set(pointer, json!(1)).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
    assert_eq!(document.value(), super::document::document().value());
}

#[test]
fn a_saved_description_is_unwrapped() {
    let text = r#"{"taskDefinition": {"family": "x"}, "tags": [{"key": "k", "value": "v"}]}"#;
    let mut document = Document::parse(text, "x.json", Syntax::Json).unwrap();
    document.unwrap_described();
    assert_eq!(
        document.value(),
        &json!({"family": "x", "tags": [{"key": "k", "value": "v"}]})
    );
    assert_eq!(
        document.location("/family"),
        Some(LineColumn {
            line: 1,
            column: 31
        })
    );
    assert_eq!(
        document.location("/tags/0/key"),
        Some(LineColumn {
            line: 1,
            column: 54
        })
    );
    let before = document.value().clone();
    document.unwrap_described();
    assert_eq!(document.value(), &before);
}
