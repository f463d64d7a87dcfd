//! Reads the files and fills in their placeholders. Errors contain the location in the file.

use std::collections::BTreeMap;
use std::path::Path;

use ecs_document::lints::LintCode;
use ecs_document::meaning::strip_read_only;
use ecs_document::model::DocumentKind;
use ecs_document::placeholders::{PlaceholderValues, RemarkKind, UndefinedPlaceholder, resolve};
use ecs_document::{Document, MAX_BYTES, Syntax};
use pipeline_io::{SourceLocation, Step, read_text};
use serde_json::Value;

use crate::declare::Outputs;
use crate::error::Error;
use crate::lints;
use crate::plan::empty::empty_members;

/// Reads `outputs.json`: a flat object of names and values.
///
/// # Errors
/// If the file cannot be read, or if it does not have this form.
pub fn outputs(path: &Path) -> Result<Outputs, Error> {
    let text = read_text("outputs", path, MAX_BYTES as u64 * 8)?;
    let invalid = |message: String, place, hint: Option<&str>| Error::Document {
        message,
        place,
        hint: hint.map(str::to_owned),
    };
    let name = path.display();
    let value: Value = serde_json::from_str(&text).map_err(|e| {
        let place = SourceLocation {
            file: name.to_string(),
            line: e.line(),
            column: e.column(),
        };
        invalid(
            format!("outputs {name} is not JSON: {e}"),
            Some(place),
            None,
        )
    })?;
    let Value::Object(outputs) = value else {
        return Err(invalid(
            format!("outputs {name} is not an object of names and values"),
            None,
            Some("tf-outputs --format json writes it"),
        ));
    };
    let is_terraforms = |v: &Value| v.get("value").is_some() && v.get("type").is_some();
    if !outputs.is_empty() && outputs.values().all(is_terraforms) {
        return Err(invalid(
            format!("outputs {name} is what `terraform output -json` writes, not a flat object"),
            None,
            Some("pass it through tf-outputs: terraform output -json | tf-outputs --state -"),
        ));
    }
    Ok(outputs)
}

/// Reads the rendered task definition. Its placeholders are not filled in: rendering has done that,
/// and an escaped one is literal text. An image can never contain one, so there it is an error.
///
/// # Errors
/// If the file cannot be read, or if it is not a rendered task definition.
pub fn task_definition(path: &Path, ignore: &[LintCode], step: &Step) -> Result<Value, Error> {
    let mut document = parse("task definition", path)?;
    document.unwrap_described();
    document.remove_managed_tags();
    unrendered(&document, path)?;
    lints::check_task_definition(&document, ignore, step);
    let mut value = document.into_value();
    let left_out = strip_read_only(&mut value);
    if !left_out.is_empty() {
        step.info(format!(
            "{}: ignoring members that only responses have: {}",
            path.display(),
            left_out.join(", ")
        ));
    }
    Ok(value)
}

fn unrendered(document: &Document, path: &Path) -> Result<(), Error> {
    let value = document.value();
    let wrong = |message: String, pointer: &str, hint: Option<&str>| Error::Document {
        message,
        place: document.location(pointer).map(|at| place(path, at)),
        hint: hint.map(str::to_owned),
    };
    if !value.is_object() {
        return Err(wrong(
            "the task definition is not an object".into(),
            "",
            None,
        ));
    }
    if value["family"].as_str().is_none_or(str::is_empty) {
        return Err(wrong("the task definition has no family".into(), "", None));
    }
    let containers = value["containerDefinitions"].as_array();
    for (index, container) in containers.into_iter().flatten().enumerate() {
        let image = container["image"].as_str().unwrap_or_default();
        if image.contains("${") {
            return Err(wrong(
                format!("the image {image} contains a placeholder"),
                &format!("/containerDefinitions/{index}/image"),
                Some("use the file that `render-taskdef` writes"),
            ));
        }
    }
    Ok(())
}

/// Reads the service definition and fills in its placeholders.
///
/// # Errors
/// See [`filled`].
pub fn service_definition(
    path: &Path,
    outputs: Option<&Outputs>,
    ignore: &[LintCode],
    step: &Step,
) -> Result<Value, Error> {
    let kind = DocumentKind::CreateService;
    filled("service definition", path, kind, outputs, ignore, step)
}

/// Reads a document of this kind and fills in its placeholders.
///
/// # Errors
/// If the file cannot be read or parsed, or if a placeholder has no value.
pub fn filled(
    what: &'static str,
    path: &Path,
    kind: DocumentKind,
    outputs: Option<&Outputs>,
    ignore: &[LintCode],
    step: &Step,
) -> Result<Value, Error> {
    let mut document = parse(what, path)?;
    document.remove_managed_tags();
    let values = PlaceholderValues {
        tf: outputs.cloned(),
        env: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect::<BTreeMap<_, _>>(),
        image: BTreeMap::new(),
    };
    match resolve(&mut document, kind, &values) {
        Ok(remarks) => {
            for remark in remarks {
                let at = remark.location.map(|p| format!(":{}:{}", p.line, p.column));
                let at = at.unwrap_or_default();
                step.warn(format!(
                    "{}{at}: {} {}",
                    path.display(),
                    remark.written,
                    match remark.kind {
                        RemarkKind::UnknownKind => "is not a known placeholder and stays as it is",
                        RemarkKind::EmptyVariable => "is an empty variable",
                    }
                ));
            }
            ignore_empty(&mut document, kind, step);
            lints::check_request(&document, kind, ignore, step)?;
            Ok(document.into_value())
        }
        Err(undefined) => Err(undefined_error(what, path, &undefined)),
    }
}

/// Removes the members that are empty strings and mean "not set".
fn ignore_empty(document: &mut Document, kind: DocumentKind, step: &Step) {
    let pointers = empty_members(kind, document.value());
    if pointers.is_empty() {
        return;
    }
    let mut names = Vec::new();
    for pointer in &pointers {
        document.remove(pointer);
        names.push(pointer.trim_start_matches('/').replace('/', "."));
    }
    step.info(format!(
        "{}: ignoring empty members: {}",
        document.name(),
        names.join(", ")
    ));
}

fn undefined_error(what: &str, path: &Path, undefined: &[UndefinedPlaceholder]) -> Error {
    let messages: Vec<String> = undefined
        .iter()
        .map(|u| match (u.location, undefined.len()) {
            (Some(p), 2..) => format!("{u} (line {}, column {})", p.line, p.column),
            _ => u.to_string(),
        })
        .collect();
    Error::Document {
        message: format!("{what}: {}", messages.join("; ")),
        place: undefined
            .first()
            .and_then(|u| u.location)
            .map(|at| place(path, at)),
        hint: None,
    }
}

fn parse(what: &'static str, path: &Path) -> Result<Document, Error> {
    let text = read_text(what, path, MAX_BYTES as u64)?;
    let name = path.display().to_string();
    let syntax = Syntax::of(&name, &text);
    Document::parse(&text, name, syntax).map_err(|e| Error::Document {
        message: format!("{what} {}: {}", path.display(), e.message),
        place: Some(place(path, e.location)),
        hint: None,
    })
}

fn place(path: &Path, at: ecs_document::LineColumn) -> SourceLocation {
    SourceLocation {
        file: path.display().to_string(),
        line: at.line,
        column: at.column,
    }
}
