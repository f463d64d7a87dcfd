//! Placeholders keep types, and all undefined ones are reported together.

use ecs_document::model::DocumentKind;
use ecs_document::placeholders::{PlaceholderValues, RemarkKind, resolve};
use ecs_document::{Document, Syntax};
use serde_json::json;

fn values() -> PlaceholderValues {
    let tf = json!({
        "image_uri": "repo@sha256:1", "port": 8080, "subnets": ["s-1", "s-2"], "on": true,
        "role_arn": "arn:aws:iam::1:role/x", "nothing": null,
        "big": serde_json::from_str::<serde_json::Value>("12345678901234567890123").unwrap(),
    });
    PlaceholderValues {
        tf: tf.as_object().cloned(),
        env: [
            ("STAGE", "prod"),
            ("PORT", "80"),
            ("EMPTY", ""),
            ("ZEROS", "007"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into(),
        image: [("app".to_owned(), "repo/app:1".to_owned())].into(),
    }
}

fn parse(text: &str) -> Document {
    Document::parse(text, "t.json", Syntax::JsonWithComments).unwrap()
}

#[test]
fn a_value_keeps_its_type_and_fits_its_place() {
    let mut document = parse(
        r#"{"family":"web-${env.STAGE}",
        "taskRoleArn":"${tf.role_arn}",
        "unknown":{"list":"${tf.subnets}","number":"${tf.port}","big":"${tf.big}","on":"${tf.on}","none":"${tf.nothing}","text":"${env.PORT}"},
        "containerDefinitions":[{"name":"app","image":"${image.app}",
          "portMappings":[{"containerPort":"${env.PORT}"},{"containerPort":"${tf.port}"},{"containerPort":"${env.ZEROS}"}],
          "environment":[{"name":"A","value":"${tf.port}"},{"name":"B","value":"${tf.on}"},{"name":"C","value":"${tf.port}:${tf.on}"}],
          "command":["sh","-c","echo ${HOME} $${tf.x}"],
          "dockerLabels":{"app.${env.STAGE}":"x","last":"y"}}]}"#,
    );
    let remarks = resolve(&mut document, DocumentKind::TaskDefinition, &values()).unwrap();
    assert_eq!(remarks, []);
    assert_eq!(
        document.value().to_string(),
        r#"{"family":"web-prod","taskRoleArn":"arn:aws:iam::1:role/x","unknown":{"list":["s-1","s-2"],"number":8080,"big":12345678901234567890123,"on":true,"none":null,"text":"80"},"containerDefinitions":[{"name":"app","image":"repo/app:1","portMappings":[{"containerPort":80},{"containerPort":8080},{"containerPort":"007"}],"environment":[{"name":"A","value":"8080"},{"name":"B","value":"true"},{"name":"C","value":"8080:true"}],"command":["sh","-c","echo ${HOME} ${tf.x}"],"dockerLabels":{"app.prod":"x","last":"y"}}]}"#
    );
}

#[test]
fn undefined_placeholders_are_reported_in_the_order_of_the_text() {
    let text = r#"{
  "family": "${env.STAGES}-${tf.subnets}",
  "b": ["${tf.imge_uri} and ${tf.imge_uri}", "${image.side}"],
  "${tf.key}": "${tf.database}",
  "broken": "${tf.port"
}"#;
    let mut document = parse(text);
    let undefined = resolve(&mut document, DocumentKind::TaskDefinition, &values()).unwrap_err();
    let messages: Vec<String> = undefined
        .iter()
        .map(|u| {
            let place = u.location.unwrap();
            format!("{}:{} {}: {u}", place.line, place.column, u.pointer)
        })
        .collect();
    assert_eq!(
        messages,
        [
            "2:14 /family: ${env.STAGES} is not set in the environment; did you mean STAGE?",
            "2:28 /family: ${tf.subnets} is a list, which cannot be part of a text",
            "3:10 /b/0: ${tf.imge_uri} is not an output of Terraform; did you mean image_uri?",
            "3:29 /b/0: ${tf.imge_uri} is not an output of Terraform; did you mean image_uri?",
            "3:47 /b/1: ${image.side} has no image; available: app",
            "4:4 /${tf.key}: ${tf.key} is not an output of Terraform; available: image_uri, port, subnets, on, role_arn, nothing, big",
            "4:17 /${tf.key}: ${tf.database} is not an output of Terraform; available: image_uri, port, subnets, on, role_arn, nothing, big",
            "5:14 /broken: ${tf.port has no closing }",
        ]
    );
    assert_eq!(
        document.value(),
        parse(text).value(),
        "the document is unchanged"
    );
}

#[test]
fn outputs_may_be_missing() {
    let mut document = parse(r#"{"family":"${tf.name}"}"#);
    let undefined = resolve(
        &mut document,
        DocumentKind::TaskDefinition,
        &PlaceholderValues::default(),
    )
    .unwrap_err();
    assert_eq!(
        undefined[0].to_string(),
        "${tf.name} needs the outputs of Terraform"
    );
}

#[test]
fn yaml_has_places_inside_block_scalars() {
    let text = "family: x\ncommand: |\n  one\n  two ${tf.none}\n";
    let mut document = Document::parse(text, "t.yaml", Syntax::Yaml).unwrap();
    let undefined = resolve(&mut document, DocumentKind::TaskDefinition, &values()).unwrap_err();
    let place = undefined[0].location.unwrap();
    assert_eq!((place.line, place.column), (4, 7));
}

#[test]
fn unknown_and_empty_placeholders_are_remarked() {
    let text = r#"{"family":"${vars.x}","b":"${env.EMPTY}"}"#;
    let mut document = parse(text);
    let remarks = resolve(&mut document, DocumentKind::TaskDefinition, &values()).unwrap();
    let about: Vec<_> = remarks
        .iter()
        .map(|r| (r.written.as_str(), r.kind))
        .collect();
    assert_eq!(
        about,
        [
            ("${vars.x}", RemarkKind::UnknownKind),
            ("${env.EMPTY}", RemarkKind::EmptyVariable)
        ]
    );
    assert_eq!(document.value(), &json!({"family": "${vars.x}", "b": ""}));
}

#[test]
fn spaces_in_placeholders_are_ignored() {
    let mut document = parse(r#"{"a":"${ env.STAGES }","b":"${ tf.prt }"}"#);
    let undefined = resolve(&mut document, DocumentKind::TaskDefinition, &values()).unwrap_err();
    let messages: Vec<String> = undefined.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "${ env.STAGES } is not set in the environment; did you mean STAGE?",
            "${ tf.prt } is not an output of Terraform; did you mean port?"
        ]
    );
}

#[test]
fn two_names_do_not_become_one() {
    let mut document = parse(r#"{"a-prod":1,"a-${env.STAGE}":2}"#);
    let undefined = resolve(&mut document, DocumentKind::TaskDefinition, &values()).unwrap_err();
    assert_eq!(
        undefined[0].to_string(),
        "a-${env.STAGE} becomes the name \"a-prod\", which the object already has"
    );
    assert!(document.get("/a-${env.STAGE}").is_some());
}
