//! AWS's service models from botocore, and the comparison of values with their shapes.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

/// Error codes that every JSON API may return besides those of its model.
const COMMON_ERRORS: [&str; 7] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
];

/// One service's model.
pub struct Model(Value);

/// botocore's data folder: `FARGATE_TEST_BOTOCORE` (the package's folder or its `data`), else the
/// one of python3.
pub fn data() -> &'static PathBuf {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        if let Some(folder) = std::env::var_os("FARGATE_TEST_BOTOCORE") {
            let folder = PathBuf::from(folder);
            let inner = folder.join("data");
            return if inner.is_dir() { inner } else { folder };
        }
        let question = "import botocore, os; print(os.path.dirname(botocore.__file__))";
        let found = std::process::Command::new("python3")
            .args(["-c", question])
            .output();
        match found {
            Ok(output) if output.status.success() => {
                PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join("data")
            }
            _ => panic!(
                "these tests hold the fakes against AWS's service models: install botocore \
                 (`pip install botocore`), or name its folder in FARGATE_TEST_BOTOCORE"
            ),
        }
    })
}

impl Model {
    /// `ecs`, `ecr`, `sts`, `elbv2`, `logs`: the newest version of its model.
    pub fn of(service: &str) -> Self {
        let folder = data().join(service);
        let versions = std::fs::read_dir(&folder).unwrap_or_else(|error| {
            panic!(
                "no model of {service} in {}: {error}; install botocore anew",
                folder.display()
            )
        });
        let newest = versions
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .max()
            .unwrap();
        let plain = newest.join("service-2.json");
        let text = match std::fs::read(&plain) {
            Ok(text) => text,
            Err(_) => {
                let packed = std::fs::File::open(newest.join("service-2.json.gz")).unwrap();
                let mut text = Vec::new();
                let mut reader = flate2::read::GzDecoder::new(packed);
                reader.read_to_end(&mut text).unwrap();
                text
            }
        };
        Self(serde_json::from_slice(&text).unwrap())
    }

    pub fn shape(&self, name: &str) -> &Value {
        let shape = &self.0["shapes"][name];
        assert!(!shape.is_null(), "the model has no shape {name}");
        shape
    }

    /// The name of an operation's output shape.
    pub fn output(&self, operation: &str) -> &str {
        let operation = &self.0["operations"][operation];
        assert!(!operation.is_null(), "the model has no such operation");
        operation["output"]["shape"].as_str().unwrap_or("")
    }

    /// The error codes that an operation may return.
    pub fn errors(&self, operation: &str) -> BTreeSet<String> {
        let errors = self.0["operations"][operation]["errors"].as_array();
        let modeled = errors.into_iter().flatten().map(|error| {
            let name = error["shape"].as_str().unwrap();
            let code = &self.shape(name)["error"]["code"];
            code.as_str().unwrap_or(name).to_owned()
        });
        modeled
            .chain(COMMON_ERRORS.map(ToOwned::to_owned))
            .collect()
    }

    /// One sentence for each way in which a JSON value does not match this shape.
    pub fn faults(&self, shape: &str, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(shape, value, shape, &mut faults);
        faults
    }

    fn check(&self, name: &str, value: &Value, place: &str, faults: &mut Vec<String>) {
        let shape = self.shape(name);
        let kind = shape["type"].as_str().unwrap();
        let fits = match kind {
            "structure" | "map" => value.is_object(),
            "list" => value.is_array(),
            "string" | "blob" => value.is_string(),
            "integer" | "long" => value.is_i64() || value.is_u64(),
            "double" | "float" | "timestamp" => value.is_number(),
            "boolean" => value.is_boolean(),
            other => panic!("a shape of type {other}"),
        };
        if !fits {
            faults.push(format!("{place}: {value} is no {kind}"));
            return;
        }
        match kind {
            "structure" => {
                let members = shape["members"].as_object().unwrap();
                for (member, inner) in value.as_object().unwrap() {
                    match members.get(member) {
                        Some(known) => {
                            let inner_name = known["shape"].as_str().unwrap();
                            self.check(inner_name, inner, &format!("{place}.{member}"), faults);
                        }
                        None => faults.push(format!("{place}: unknown member {member}")),
                    }
                }
                for required in shape["required"].as_array().into_iter().flatten() {
                    if value.get(required.as_str().unwrap()).is_none() {
                        faults.push(format!("{place}: {required} is required"));
                    }
                }
            }
            "list" => {
                let inner = shape["member"]["shape"].as_str().unwrap();
                for (index, item) in value.as_array().unwrap().iter().enumerate() {
                    self.check(inner, item, &format!("{place}[{index}]"), faults);
                }
            }
            "map" => {
                let inner = shape["value"]["shape"].as_str().unwrap();
                let keys = shape["key"]["shape"].as_str().unwrap();
                for (key, item) in value.as_object().unwrap() {
                    self.check(keys, &Value::from(key.as_str()), place, faults);
                    self.check(inner, item, &format!("{place}.{key}"), faults);
                }
            }
            _ => {
                let allowed = shape["enum"].as_array();
                if allowed.is_some_and(|allowed| !allowed.contains(value)) {
                    faults.push(format!("{place}: {value} is not in the enum {name}"));
                }
            }
        }
    }

    /// One sentence for each way in which an XML element does not match this shape.
    pub fn xml_faults(&self, shape: &str, node: roxmltree::Node<'_, '_>) -> Vec<String> {
        let mut faults = Vec::new();
        self.check_xml(shape, node, shape, &mut faults);
        faults
    }

    fn check_xml(
        &self,
        name: &str,
        node: roxmltree::Node<'_, '_>,
        place: &str,
        faults: &mut Vec<String>,
    ) {
        let shape = self.shape(name);
        let elements = || node.children().filter(roxmltree::Node::is_element);
        let text = node.text().unwrap_or_default();
        match shape["type"].as_str().unwrap() {
            "structure" => {
                let members = shape["members"].as_object().unwrap();
                for element in elements() {
                    let member = element.tag_name().name();
                    match members.get(member) {
                        Some(known) => {
                            let inner = known["shape"].as_str().unwrap();
                            self.check_xml(inner, element, &format!("{place}.{member}"), faults);
                        }
                        None => faults.push(format!("{place}: unknown member {member}")),
                    }
                }
            }
            "list" => {
                let inner = shape["member"]["shape"].as_str().unwrap();
                for element in elements() {
                    if element.tag_name().name() != "member" {
                        faults.push(format!("{place}: a list of {}", element.tag_name().name()));
                    }
                    self.check_xml(inner, element, &format!("{place}[]"), faults);
                }
            }
            "integer" | "long" => {
                if text.parse::<i64>().is_err() {
                    faults.push(format!("{place}: {text} is no number"));
                }
            }
            "boolean" => {
                if !matches!(text, "true" | "false") {
                    faults.push(format!("{place}: {text} is no boolean"));
                }
            }
            "timestamp" => {
                if text.parse::<jiff::Timestamp>().is_err() {
                    faults.push(format!("{place}: {text} is no timestamp"));
                }
            }
            _ => {
                let allowed = shape["enum"].as_array();
                if allowed.is_some_and(|allowed| !allowed.iter().any(|value| value == text)) {
                    faults.push(format!("{place}: {text} is not in the enum {name}"));
                }
            }
        }
    }
}
