//! `cargo xtask service-model`: what ECS takes in a task or service definition, out of botocore's
//! service model, as the compact table that `ecs-document` looks names and types up in.
//!
//! The table is checked in, so that no build needs Python; run this again when AWS has added
//! members. It reads the botocore of `.tools/python`, else of `python3`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The requests whose members are wanted, and the answer whose extra members are read-only.
const ROOTS: [&str; 5] = [
    "RegisterTaskDefinitionRequest",
    "TaskDefinition",
    "CreateServiceRequest",
    "UpdateServiceRequest",
    "RunTaskRequest",
];

const PRINT_MODEL: &str = "\
import gzip, os, botocore
folder = os.path.join(os.path.dirname(botocore.__file__), 'data', 'ecs')
path = os.path.join(folder, sorted(os.listdir(folder))[-1], 'service-2.json')
text = gzip.open(path + '.gz').read() if os.path.exists(path + '.gz') else open(path, 'rb').read()
print(botocore.__version__)
print(text.decode())";

/// Writes the table anew.
pub fn run() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask stands in no workspace")?;
    let (version, model) = read_model(root)?;
    let table = table(&version, &model)?;
    let path = root.join("crates/ecs-document/src/model/table.txt");
    std::fs::write(&path, table).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn read_model(root: &Path) -> Result<(String, Value), String> {
    let ours = root.join(".tools/python/bin/python");
    let python = if ours.exists() {
        ours
    } else {
        "python3".into()
    };
    let output = Command::new(&python)
        .args(["-c", PRINT_MODEL])
        .output()
        .map_err(|e| format!("cannot run {}: {e}", python.display()))?;
    if !output.status.success() {
        return Err(format!(
            "{} has no botocore (pip install botocore): {}",
            python.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    let text = String::from_utf8(output.stdout).map_err(|e| e.to_string())?;
    let (version, json) = text.split_once('\n').ok_or("botocore gave no model")?;
    let model = serde_json::from_str(json).map_err(|e| format!("botocore's model: {e}"))?;
    Ok((version.trim().to_owned(), model))
}

/// The table: a block a structure (`struct NAME`, then a line a member: name, type, `!` where it
/// is required) and a line an enumeration. Types: `string`, `integer`, `number`, `boolean`,
/// `timestamp`, `any`, `[T]`, `{T}`, or the name of a structure or an enumeration.
fn table(version: &str, model: &Value) -> Result<String, String> {
    let shapes = &model["shapes"];
    let mut names = BTreeSet::new();
    for root in ROOTS {
        collect(shapes, root, &mut names)?;
    }
    let mut text = format!(
        "# What ECS takes. Made by `cargo xtask service-model` from botocore {version}; not edited by hand.\n"
    );
    let written = |e: std::fmt::Error| e.to_string();
    for name in &names {
        let shape = &shapes[name.as_str()];
        if let Some(values) = shape["enum"].as_array() {
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            writeln!(text, "enum {name} {}", values.join(" ")).map_err(written)?;
        } else if shape["type"] == "structure" && shape["document"] != true {
            writeln!(text, "struct {name}").map_err(written)?;
            let required: Vec<&str> = shape["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (member, is) in shape["members"].as_object().into_iter().flatten() {
                let shape = is["shape"].as_str().unwrap_or_default();
                let mark = if required.contains(&member.as_str()) {
                    "!"
                } else {
                    ""
                };
                writeln!(text, "  {member} {}{mark}", kind(shapes, shape)?).map_err(written)?;
            }
        }
    }
    Ok(text)
}

fn collect(shapes: &Value, name: &str, names: &mut BTreeSet<String>) -> Result<(), String> {
    let shape = shapes
        .get(name)
        .ok_or_else(|| format!("the model has no shape {name}"))?;
    if !names.insert(name.to_owned()) {
        return Ok(());
    }
    let members = shape["members"].as_object().into_iter().flatten();
    let inner = ["member", "value"].iter().filter_map(|k| shape.get(*k));
    for part in members.map(|(_, member)| member).chain(inner) {
        if let Some(next) = part["shape"].as_str() {
            collect(shapes, next, names)?;
        }
    }
    Ok(())
}

fn kind(shapes: &Value, name: &str) -> Result<String, String> {
    let shape = &shapes[name];
    if shape["enum"].is_array() {
        return Ok(name.to_owned());
    }
    let inner = |part: &str| kind(shapes, shape[part]["shape"].as_str().unwrap_or_default());
    Ok(match shape["type"].as_str() {
        Some("structure") if shape["document"] == true => "any".to_owned(),
        Some("structure") => name.to_owned(),
        Some("list") => format!("[{}]", inner("member")?),
        Some("map") => format!("{{{}}}", inner("value")?),
        Some("integer" | "long") => "integer".to_owned(),
        Some("double" | "float") => "number".to_owned(),
        Some(plain @ ("string" | "boolean" | "timestamp")) => plain.to_owned(),
        other => return Err(format!("shape {name} is of the unknown type {other:?}")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::table;

    #[test]
    fn a_model_becomes_a_table() {
        let empty = json!({"type": "structure", "members": {}});
        let model = json!({"shapes": {
            "RegisterTaskDefinitionRequest": {"type": "structure", "required": ["family"], "members": {
                "family": {"shape": "String"},
                "containers": {"shape": "Containers"},
                "options": {"shape": "Options"},
            }},
            "Containers": {"type": "list", "member": {"shape": "Container"}},
            "Container": {"type": "structure", "members": {"mode": {"shape": "Mode"}}},
            "Options": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Size"}},
            "Mode": {"type": "string", "enum": ["a", "b"]},
            "String": {"type": "string"},
            "Size": {"type": "long"},
            "Unused": {"type": "string"},
            "TaskDefinition": empty, "CreateServiceRequest": empty,
            "UpdateServiceRequest": empty, "RunTaskRequest": empty,
        }});
        let table = table("1.2.3", &model).expect("a table");
        let lines: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "struct Container",
                "  mode Mode",
                "struct CreateServiceRequest",
                "enum Mode a b",
                "struct RegisterTaskDefinitionRequest",
                "  family string!",
                "  containers [Container]",
                "  options {integer}",
                "struct RunTaskRequest",
                "struct TaskDefinition",
                "struct UpdateServiceRequest",
            ]
        );
    }

    #[test]
    fn a_model_without_a_root_is_refused() {
        let refused = table("1", &json!({"shapes": {}}));
        assert_eq!(
            refused,
            Err("the model has no shape RegisterTaskDefinitionRequest".to_owned())
        );
    }
}
