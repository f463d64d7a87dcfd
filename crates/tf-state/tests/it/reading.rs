//! Reads texts that Terraform 1.11.4 wrote.

use serde_json::{Value, json};
use tf_state::{OUTPUTS_LIMIT, StateFormat, read};

const STATE: &str = include_str!("fixtures/terraform-1.11.tfstate");
const OUTPUT_JSON: &str = include_str!("fixtures/terraform-1.11-output.json");

#[test]
fn a_state_contains_what_terraform_output_prints() {
    let state = read(STATE.as_bytes()).unwrap();
    let printed = read(OUTPUT_JSON.as_bytes()).unwrap();
    assert_eq!(state.outputs, printed.outputs);
    assert_eq!(printed.format, StateFormat::OutputJson);
    assert_eq!(
        state.format,
        StateFormat::State {
            serial: Some(1),
            terraform_version: Some("1.11.4".to_owned())
        }
    );
}

#[test]
fn values_keep_their_types_digits_and_sensitivity() {
    let outputs = read(STATE.as_bytes()).unwrap().outputs;
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "empty",
            "l",
            "ml",
            "n",
            "o",
            "s",
            "sec",
            "tuple",
            "with-hyphen"
        ],
        "a null output is not in a state at all"
    );
    assert_eq!(outputs["n"].value.to_string(), "12345678901234567890.125");
    assert_eq!(outputs["o"].value, json!({"a": {"b": [1, null, true]}}));
    assert_eq!(outputs["ml"].value, json!("line1\nline2\n"));
    assert_eq!(outputs["s"].value, json!("héllo ✓"));
    assert!(outputs["sec"].sensitive);
    assert_eq!(
        outputs.values().filter(|output| output.sensitive).count(),
        1
    );
}

#[test]
fn the_order_of_members_does_not_matter() {
    // `jq -S` and `python -m json.tool --sort-keys` sort the members: outputs before version.
    let state: Value = serde_json::from_str(STATE).unwrap();
    let mut members: Vec<_> = state.as_object().unwrap().iter().collect();
    for _ in 0..members.len() {
        members.rotate_left(1);
        let text: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
            .collect();
        let turned = read(format!("{{{}}}", text.join(",")).as_bytes()).unwrap();
        assert_eq!(turned, read(STATE.as_bytes()).unwrap());
    }
}

#[test]
fn an_output_may_have_the_name_of_a_member_of_a_state() {
    let text = json!({
        "version": {"value": "1.2", "sensitive": false},
        "outputs": {"value": ["a"], "type": ["list", "string"]},
        "resources": {"value": {"value": 1}},
        "format_version": {"value": "x"},
        "encrypted_data": {"value": "y"},
    });
    let outputs = read(text.to_string().as_bytes()).unwrap().outputs;
    assert_eq!(outputs["version"].value, json!("1.2"));
    assert_eq!(outputs["outputs"].value, json!(["a"]));
    assert_eq!(outputs["resources"].value, json!({"value": 1}));

    let state =
        json!({"version": 4, "outputs": {"version": {"value": 3}, "outputs": {"value": {}}}});
    let outputs = read(state.to_string().as_bytes()).unwrap().outputs;
    assert_eq!(outputs["version"].value, json!(3));
    assert_eq!(outputs["outputs"].value, json!({}));
}

#[test]
fn a_state_without_outputs_is_valid() {
    for text in [
        "{}",
        "\u{FEFF}{}\n",
        r#"{"version":4}"#,
        r#"{"version":4,"outputs":{}}"#,
        r#"{"version":4,"outputs":null,"resources":null}"#,
    ] {
        assert!(read(text.as_bytes()).unwrap().outputs.is_empty(), "{text}");
    }
}

#[test]
fn a_reader_may_return_single_bytes() {
    struct Drops<'a>(&'a [u8]);
    impl std::io::Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }
    let outputs = read(Drops(STATE.as_bytes())).unwrap().outputs;
    assert_eq!(outputs, read(STATE.as_bytes()).unwrap().outputs);
}

#[test]
fn outputs_below_the_limit_are_complete() {
    let value = "x".repeat(usize::try_from(OUTPUTS_LIMIT).unwrap() - 200_000);
    let text = json!({"version": 4, "outputs": {"big": {"value": value}}}).to_string();
    assert_eq!(
        read(text.as_bytes()).unwrap().outputs["big"].value,
        json!(value)
    );
}
