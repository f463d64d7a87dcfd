//! Properties that must be true for every definition.

use ecs_document::diff::{Baseline, ValueVisibility, diff};
use ecs_document::edits::{Edit, Scope, apply};
use ecs_document::lints::{DeploymentTarget, lint, lint_request};
use ecs_document::meaning::{digest, same_meaning};
use ecs_document::model::DocumentKind;
use ecs_document::placeholders::{PlaceholderValues, resolve};
use ecs_document::{Document, Syntax};
use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

const KIND: DocumentKind = DocumentKind::TaskDefinition;

/// Text without placeholders.
fn text() -> impl Strategy<Value = String> {
    "[ !-#%-~äß→\u{1F600}\\n\\t]{0,12}"
}

fn number() -> impl Strategy<Value = Value> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?"
        .prop_map(|digits| Value::Number(Number::from_string_unchecked(digits)))
}

/// Any JSON, a few levels deep.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number(),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let members = prop::collection::vec((text(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn variables() -> impl Strategy<Value = Vec<(String, String)>> {
    let names = prop::collection::btree_map("[A-E]", text(), 0..5);
    names
        .prop_map(|names| names.into_iter().collect())
        .prop_shuffle()
}

/// A definition with two containers, and with unknown members at three levels.
fn definition() -> impl Strategy<Value = Value> {
    let extra = prop::collection::vec(("x[a-z]{1,6}", anything()), 0..4);
    (variables(), variables(), extra, anything(), anything()).prop_map(
        |(one, other, extra, in_container, in_variable)| {
            let list = |variables: Vec<(String, String)>| -> Vec<Value> {
                let as_json = |(name, value)| json!({"name": name, "value": value});
                variables.into_iter().map(as_json).collect()
            };
            let mut first = list(one);
            if let Some(Value::Object(variable)) = first.first_mut() {
                variable.insert("memberOfTomorrow".to_owned(), in_variable);
            }
            let mut whole: Map<String, Value> = extra.into_iter().collect();
            let known = json!({
                "family": "web", "cpu": "256", "memory": "512",
                "containerDefinitions": [
                    {"name": "app", "image": "app:1", "environment": first, "memberOfTomorrow": in_container},
                    {"name": "side", "image": "side:1", "environment": list(other)},
                ],
            });
            if let Value::Object(known) = known {
                whole.extend(known);
            }
            Value::Object(whole)
        },
    )
}

fn scope(name: &str) -> Scope {
    name.parse().unwrap()
}

/// An edit of one part of a container or of the task, and the name of that part.
fn edit() -> impl Strategy<Value = (String, Edit)> {
    let container = prop_oneof![Just("app"), Just("side")];
    let on_container = (container, "[A-H]", text(), 0..5u8).prop_map(|(on, name, value, which)| {
        let edit = match which {
            0 => Edit::Image {
                scope: Some(scope(on)),
                uri: format!("new:{name}"),
            },
            1 => Edit::Env {
                scope: scope(on),
                name: name.clone(),
                value,
            },
            2 => Edit::UnsetEnv {
                scope: scope(on),
                name: name.clone(),
            },
            3 => Edit::Label {
                scope: scope(on),
                name: name.clone(),
                value,
            },
            _ => Edit::Command {
                scope: Some(scope(on)),
                words: vec![name.clone(), value],
            },
        };
        let of = match which {
            0 => format!("{on} image"),
            1 | 2 => format!("{on} variable {name}"),
            3 => format!("{on} label {name}"),
            _ => format!("{on} command"),
        };
        (of, edit)
    });
    let on_task = prop_oneof![Just("512"), Just("1 vCPU")].prop_map(|size: &str| {
        (
            "cpu".to_owned(),
            Edit::Cpu {
                scope: None,
                text: size.to_owned(),
            },
        )
    });
    prop_oneof![8 => on_container, 1 => on_task]
}

fn edited(value: &Value, edits: &[&Edit]) -> Value {
    let document = Document::from_value(value.clone(), "x");
    let edits: Vec<Edit> = edits.iter().map(|e| (*e).clone()).collect();
    let (edited, _) = apply(document, &edits).unwrap();
    edited.into_value()
}

/// Whether `after` has all unknown members of `before`.
fn survives(before: &Value, after: &Value) -> bool {
    let unknown = |v: &Value| -> Vec<(String, Value)> {
        v.as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| name.starts_with('x'))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    unknown(before) == unknown(after)
        && before
            .pointer("/containerDefinitions/0/memberOfTomorrow")
            .map(Value::to_string)
            == after
                .pointer("/containerDefinitions/0/memberOfTomorrow")
                .map(Value::to_string)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn without_edits_rendering_is_the_identity(value in definition()) {
        for written in [value.to_string(), format!("{value:#}")] {
            let mut document = Document::parse(&written, "x", Syntax::Json).unwrap();
            resolve(&mut document, KIND, &PlaceholderValues::default()).unwrap();
            let (document, _) = apply(document, &[]).unwrap();
            prop_assert_eq!(document.value().to_string(), value.to_string());
        }
    }

    #[test]
    fn json_is_yaml(value in definition()) {
        let document = Document::parse(&value.to_string(), "x", Syntax::Yaml).unwrap();
        prop_assert_eq!(document.value().to_string(), value.to_string());
    }

    #[test]
    fn rendering_again_changes_nothing(value in definition(), edits in prop::collection::vec(edit(), 0..5)) {
        let edits: Vec<&Edit> = edits.iter().map(|(_, edit)| edit).collect();
        let once = edited(&value, &edits);
        // If several edits change the same part, the last one wins again.
        let twice = edited(&once, &edits);
        prop_assert!(same_meaning(KIND, &once, &twice), "{once}\n{twice}");
        prop_assert_eq!(digest(KIND, &once), digest(KIND, &twice));
        let read = Document::parse(&once.to_string(), "x", Syntax::Json).unwrap();
        prop_assert_eq!(read.value().to_string(), once.to_string());
    }

    #[test]
    fn unknown_members_survive_every_edit(value in definition(), edits in prop::collection::vec(edit(), 0..6)) {
        let edits: Vec<&Edit> = edits.iter().map(|(_, edit)| edit).collect();
        let after = edited(&value, &edits);
        prop_assert!(survives(&value, &after), "{value}\n{after}");
    }

    #[test]
    fn edits_of_different_parts_commute((of_one, one) in edit(), (of_other, other) in edit(), value in definition()) {
        prop_assume!(of_one != of_other);
        let forth = edited(&value, &[&one, &other]);
        let back = edited(&value, &[&other, &one]);
        prop_assert_eq!(digest(KIND, &forth), digest(KIND, &back), "{}\n{}", forth, back);
    }

    #[test]
    fn there_is_a_difference_if_the_meaning_differs(value in definition(), (_, edit) in edit()) {
        let after = edited(&value, &[&edit]);
        let found = diff(KIND, &value, &after, Baseline::Document, ValueVisibility::Hidden);
        prop_assert_eq!(found.is_empty(), digest(KIND, &value) == digest(KIND, &after));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}:,\"'&*<>|!%@#$ \\n\\t\\-0-9a-z.~äß→]{0,80}") {
        for syntax in [Syntax::Json, Syntax::JsonWithComments, Syntax::Yaml] {
            if let Ok(mut document) = Document::parse(&text, "x", syntax) {
                lint(&document, &DeploymentTarget::default());
                let _ = resolve(&mut document, KIND, &PlaceholderValues::default());
            }
        }
    }

    #[test]
    fn no_shape_of_a_definition_makes_the_lints_panic(
        value in definition(), strange in anything(), at in 0..20usize,
    ) {
        let pointers = [
            "/containerDefinitions", "/containerDefinitions/0", "/cpu", "/memory", "/volumes",
            "/containerDefinitions/0/environment", "/containerDefinitions/0/portMappings",
            "/containerDefinitions/0/healthCheck", "/containerDefinitions/0/logConfiguration",
            "/containerDefinitions/0/dependsOn", "/containerDefinitions/0/image", "/networkMode",
            "/tags", "/family", "/runtimePlatform", "/proxyConfiguration", "/requiresCompatibilities",
            "/containerDefinitions/0/firelensConfiguration",
            "/containerDefinitions/0/environmentFiles", "/containerDefinitions/0/restartPolicy",
        ];
        let mut document = Document::from_value(value, "x");
        document.set(pointers[at], strange).unwrap();
        lint(&document, &DeploymentTarget::default());
        let edits = [Edit::OnlyEnv { scope: Scope::All, keep: vec![] }];
        digest(KIND, document.value());
        if let Ok((edited, _)) = apply(document, &edits) {
            digest(KIND, edited.value());
        }
    }

    #[test]
    fn no_shape_of_a_service_makes_the_lints_panic(strange in anything(), at in 0..8usize) {
        let pointers = [
            "", "/tags", "/capacityProviderStrategy", "/capacityProviderStrategy/0", "/desiredCount",
            "/deploymentConfiguration", "/networkConfiguration", "/loadBalancers",
        ];
        let value = json!({"serviceName": "web", "capacityProviderStrategy": [{}]});
        let mut document = Document::from_value(value, "x");
        document.set(pointers[at], strange).unwrap();
        for kind in [DocumentKind::CreateService, DocumentKind::RunTask] {
            lint_request(&document, kind, &DeploymentTarget::default());
        }
        document.remove_managed_tags();
    }
}
