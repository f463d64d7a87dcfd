//! The bill of materials of a release, in CycloneDX's JSON format.
//!
//! Decided here: what is written about each linked crate. The document depends only on Cargo.lock and the manifests,
//! so that the same source gives the same bytes: it has no time and no random serial number.

use serde_json::{Value, json};

use crate::linked::{Crate, Id};

/// The crate of the released program.
const PROGRAM: &str = "fargate-pipeline";

/// The document for the linked crates.
///
/// # Errors
/// If the program is not among the crates.
pub fn document(crates: &[Crate]) -> Result<Value, String> {
    let (programs, libraries): (Vec<&Crate>, Vec<&Crate>) =
        crates.iter().partition(|one| one.id.0 == PROGRAM);
    let program = programs.first().ok_or("the program is not linked")?;
    let depends = crates.iter().map(|one| {
        let on: Vec<Value> = one
            .depends_on
            .iter()
            .map(|id| reference(crates, id))
            .collect();
        json!({"ref": purl(one), "dependsOn": on})
    });
    let depends: Vec<Value> = depends.collect();
    let components: Vec<Value> = libraries
        .iter()
        .map(|one| component(one, "library"))
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(program, "application")},
        "components": components,
        "dependencies": depends,
    }))
}

fn reference(crates: &[Crate], id: &Id) -> Value {
    let found = crates.iter().find(|one| one.id == *id);
    found.map_or(Value::Null, |one| purl(one).into())
}

fn component(one: &Crate, kind: &str) -> Value {
    let (name, version) = &one.id;
    let mut component = json!({
        "type": kind,
        "bom-ref": purl(one),
        "name": name,
        "version": version,
        "licenses": [{"expression": one.license}],
        "purl": purl(one),
    });
    if let Some(checksum) = &one.checksum {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(url) = &one.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": url}]);
    }
    component
}

/// The package URL, e.g. `pkg:cargo/ring@0.17.14`. Our own crates are not in a registry.
fn purl(one: &Crate) -> String {
    let (name, version) = &one.id;
    let version = version.replace('+', "%2B");
    match &one.repository {
        Some(url) if one.is_ours() => {
            let url = format!("git+{url}").replace('+', "%2B");
            format!("pkg:cargo/{name}@{version}?vcs_url={url}")
        }
        _ => format!("pkg:cargo/{name}@{version}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use serde_json::{Value, json};
    use stories::counterparts::{Unavailable, not_run, tool};
    use stories::programs::{command, run};

    use super::document;
    use crate::linked;

    /// Validates with the schema that CycloneDX's own library contains.
    const VALIDATE: &str = "\
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()))
";

    #[test]
    fn every_linked_crate_is_a_component_with_url_license_and_hash() {
        let crates = linked::crates().unwrap();
        let bill = document(&crates).unwrap();
        assert_eq!(bill.to_string(), document(&crates).unwrap().to_string());
        assert_eq!(bill["metadata"]["component"]["name"], "fargate-pipeline");
        let components = bill["components"].as_array().unwrap();
        assert_eq!(components.len() + 1, crates.len());
        let mut known =
            BTreeSet::from([bill["metadata"]["component"]["bom-ref"].clone().to_string()]);
        for (component, one) in components
            .iter()
            .zip(crates.iter().filter(|c| c.id.0 != "fargate-pipeline"))
        {
            let name = component["name"].as_str().unwrap();
            assert_eq!(name, one.id.0);
            let purl = component["purl"].as_str().unwrap();
            assert!(purl.starts_with(&format!("pkg:cargo/{name}@")), "{purl}");
            assert!(
                component["licenses"][0]["expression"].is_string(),
                "{component}"
            );
            assert_eq!(
                component["hashes"][0]["content"].is_string(),
                !one.is_ours()
            );
            assert!(
                known.insert(component["bom-ref"].to_string()),
                "{name} is there twice"
            );
        }
        let dependencies = bill["dependencies"].as_array().unwrap();
        assert_eq!(dependencies.len(), crates.len());
        for dependency in dependencies {
            assert!(
                known.contains(&dependency["ref"].to_string()),
                "{dependency}"
            );
            for on in dependency["dependsOn"].as_array().unwrap() {
                assert!(known.contains(&on.to_string()), "{dependency}");
            }
        }
        let ring = components.iter().find(|c| c["name"] == "ring").unwrap();
        let used = |by: &Value| {
            by["dependsOn"]
                .as_array()
                .unwrap()
                .contains(&ring["bom-ref"])
        };
        assert!(dependencies.iter().any(used), "nothing depends on ring");
    }

    #[test]
    fn the_schema_of_cyclonedx_accepts_it() {
        let Some(python) = tool("python/bin/python") else {
            let why = "cargo xtask test installs it into .tools/".to_owned();
            let what = "cyclonedx-python-lib";
            return not_run(
                "the_schema_of_cyclonedx_accepts_it",
                &Unavailable { what, why },
            );
        };
        let mut bill = document(&linked::crates().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bill.json");
        let validate = |bill: &Value| {
            std::fs::write(&file, bill.to_string()).unwrap();
            run(command(&python).args(["-c", VALIDATE]).arg(&file))
        };
        validate(&bill).expect(0);
        // One component is enough for the refusal, and much quicker to validate.
        bill["components"][0]["type"] = "crate".into();
        bill["components"].as_array_mut().unwrap().truncate(1);
        bill["dependencies"] = json!([]);
        let refused = validate(&bill).expect(1);
        assert!(
            refused.stderr.contains("'crate' is not one of"),
            "{}",
            refused.stderr
        );
    }
}
