//! What ECS takes in a task or service definition, from botocore's service model, as the compact
//! table in which `ecs-document` looks names and types up.
//!
//! The table is checked in, so that no build needs Python. It is made from the botocore of
//! `.tools/python`, else of `python3`, and never from an older one than before.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;

use serde_json::Value;
use stories::programs::repository;

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

/// Where the table lies, from the repository's root.
pub const PATH: &str = "crates/ecs-document/src/model/table.txt";

/// The table as it is to be, or why it stays as it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Made {
    Table(String),
    Kept(String),
}

/// Makes the table. `check`: nothing may change, so a newer botocore is not reported as one.
pub fn made(checked_in: &str, check: bool) -> Result<Made, String> {
    match read_model() {
        Err(why) => Ok(Made::Kept(why)),
        Ok((installed, model)) => Ok(chosen(checked_in, table(&installed, &model)?, check)),
    }
}

/// A newer botocore's table replaces the one that is checked in, if more than the version differs;
/// an older one's never does.
fn chosen(checked_in: &str, made: String, check: bool) -> Made {
    let (theirs, ours) = (version(&made), version(checked_in));
    let is_other = theirs != ours;
    if theirs < ours || (check && is_other) {
        return Made::Kept(format!(
            "botocore {} is installed, and the table is made from {}",
            dotted(&theirs),
            dotted(&ours)
        ));
    }
    let members = |table: &str| {
        table
            .split_once('\n')
            .map(|(_, members)| members.to_owned())
    };
    if is_other && members(&made) == members(checked_in) {
        return Made::Table(checked_in.to_owned());
    }
    Made::Table(made)
}

fn dotted(version: &[u32]) -> String {
    let numbers: Vec<String> = version.iter().map(u32::to_string).collect();
    numbers.join(".")
}

/// The version in a table's first line, to be compared.
fn version(table: &str) -> Vec<u32> {
    let line = table.lines().next().unwrap_or_default();
    let named = line.split_once("botocore ");
    let named = named.and_then(|(_, rest)| rest.split_once(';'));
    let numbers = named.map(|(version, _)| version.split('.'));
    let numbers = numbers.into_iter().flatten();
    numbers.filter_map(|number| number.parse().ok()).collect()
}

/// The installed botocore's version and its model of ECS.
fn read_model() -> Result<(String, Value), String> {
    let ours = repository().join(".tools/python/bin/python");
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
        "# What ECS takes. Made by `cargo xtask regenerate` from botocore {version}; not edited by hand.\n"
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
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::{Made, chosen, read_model, table, version};

    const CHECKED_IN: &str = include_str!("../../../crates/ecs-document/src/model/table.txt");

    /// `STRUCTURE MEMBER TYPE` and `ENUMERATION WORD`, each by itself.
    fn entries(table: &str) -> BTreeSet<String> {
        let mut entries = BTreeSet::new();
        let mut structure = "";
        for line in table.lines() {
            if let Some(member) = line.strip_prefix("  ") {
                entries.insert(format!("{structure} {member}"));
            } else if let Some(name) = line.strip_prefix("struct ") {
                structure = name;
            } else if let Some((name, words)) =
                line.strip_prefix("enum ").and_then(|e| e.split_once(' '))
            {
                entries.extend(words.split(' ').map(|word| format!("{name} {word}")));
            }
        }
        entries
    }

    /// AWS adds members and takes none away: a newer botocore has all that the table has, an older
    /// one has nothing that it lacks. What is required may change between versions.
    #[test]
    fn the_checked_in_table_is_botocores() {
        let (installed, model) = read_model().expect("botocore's model");
        let made = table(&installed, &model).expect("a table");
        let (theirs, ours) = (version(&made), version(CHECKED_IN));
        assert_eq!((theirs.len(), ours.len()), (3, 3), "{installed}");
        let known = |table: &str| {
            if theirs == ours {
                entries(table)
            } else {
                entries(&table.replace('!', ""))
            }
        };
        let (made, checked_in) = (known(&made), known(CHECKED_IN));
        assert!(checked_in.len() > 500, "{}", checked_in.len());
        let none: [&String; 0] = [];
        if theirs >= ours {
            let gone: Vec<_> = checked_in.difference(&made).collect();
            assert_eq!(gone, none, "the table has more than botocore {installed}");
        }
        if theirs <= ours {
            let missing: Vec<_> = made.difference(&checked_in).collect();
            assert_eq!(missing, none, "run cargo xtask regenerate");
        }
    }

    #[test]
    fn a_newer_botocore_replaces_the_table_and_an_older_one_does_not() {
        let of = |version: &str, members: &str| {
            format!("# Made from botocore {version}; not edited by hand.\n{members}\n")
        };
        let known = of("1.44.8", "struct A");
        let kept = |made: String, check: bool| match chosen(&known, made, check) {
            Made::Kept(why) => Some(why),
            Made::Table(_) => None,
        };
        let why = "botocore 1.43.106 is installed, and the table is made from 1.44.8";
        for check in [false, true] {
            let older = of("1.43.106", "struct B");
            assert_eq!(kept(older, check).as_deref(), Some(why));
            let same = of("1.44.8", "struct B");
            assert_eq!(chosen(&known, same.clone(), check), Made::Table(same));
        }
        let newer = of("1.44.10", "struct B");
        assert!(kept(newer.clone(), true).is_some());
        assert_eq!(chosen(&known, newer.clone(), false), Made::Table(newer));
        let only_newer = of("1.44.10", "struct A");
        assert_eq!(
            chosen(&known, only_newer, false),
            Made::Table(known.clone())
        );
    }

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
