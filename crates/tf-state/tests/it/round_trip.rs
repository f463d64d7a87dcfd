//! Outputs that are written in either format are read back unchanged.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};
use tf_state::{Output, Outputs, read};

fn number() -> impl Strategy<Value = Value> {
    let digits = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
    digits.prop_map(|digits| Value::Number(digits.parse::<Number>().unwrap()))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number(),
        any::<String>().prop_map(Value::String),
        "\\PC{0,40}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn outputs() -> impl Strategy<Value = Outputs> {
    let output =
        (value(), any::<bool>()).prop_map(|(value, sensitive)| Output { value, sensitive });
    prop::collection::btree_map("[a-zA-Z_é][a-zA-Z0-9_-]{0,20}", output, 0..12)
}

proptest! {
    #[test]
    fn outputs_come_back(outputs in outputs(), pretty in any::<bool>(), last in any::<bool>()) {
        let print = |value: &Value| if pretty {
            serde_json::to_string_pretty(value).unwrap()
        } else {
            value.to_string()
        };
        let entry = |output: &Output| {
            let mut entry = Map::from_iter([
                ("value".to_owned(), output.value.clone()),
                ("type".to_owned(), json!("dynamic")),
            ]);
            if output.sensitive {
                entry.insert("sensitive".to_owned(), json!(true));
            }
            Value::Object(entry)
        };
        let entries: BTreeMap<&String, Value> =
            outputs.iter().map(|(name, output)| (name, entry(output))).collect();
        let entries = serde_json::to_value(entries).unwrap();
        prop_assert_eq!(&read(print(&entries).as_bytes()).unwrap().outputs, &outputs);

        let resources = json!([{"outputs": {"x": {"value": "not an output"}}, "version": 3}]);
        let state = if last {
            json!({"resources": resources, "version": 4, "outputs": entries})
        } else {
            json!({"version": 4, "outputs": entries, "resources": resources})
        };
        prop_assert_eq!(&read(print(&state).as_bytes()).unwrap().outputs, &outputs);
    }
}
