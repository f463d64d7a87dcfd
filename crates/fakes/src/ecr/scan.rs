//! The findings that a test sets for the scan of an image.

use std::time::Duration;

use serde_json::{Value, json};

/// The course of a scan: in progress for a time, then its findings.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    pub(crate) takes: Duration,
    pub(crate) findings: Vec<Finding>,
    pub(crate) fails: Option<(String, String)>,
}

impl Scan {
    /// Done at once, nothing found.
    pub fn clean() -> Self {
        Self::default()
    }

    /// One more finding.
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// IN_PROGRESS for this time after the push.
    pub fn takes(mut self, takes: Duration) -> Self {
        self.takes = takes;
        self
    }

    /// It ends as FAILED, UNSUPPORTED_IMAGE, …, with this description.
    pub fn fails(mut self, status: &str, description: &str) -> Self {
        self.fails = Some((status.into(), description.into()));
        self
    }
}

/// One vulnerability of a basic scan.
#[derive(Clone, Debug)]
pub struct Finding {
    pub name: String,
    /// CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED.
    pub severity: String,
    pub package: String,
    pub version: String,
}

impl Finding {
    /// `Finding::new("CVE-2026-1234", "HIGH", "openssl", "3.0.1")`.
    pub fn new(name: &str, severity: &str, package: &str, version: &str) -> Self {
        Self {
            name: name.into(),
            severity: severity.into(),
            package: package.into(),
            version: version.into(),
        }
    }

    pub(super) fn view(&self) -> Value {
        json!({
            "name": self.name,
            "description": format!("{} is vulnerable", self.package),
            "uri": format!("https://cve.mitre.org/cgi-bin/cvename.cgi?name={}", self.name),
            "severity": self.severity,
            "attributes": [
                {"key": "package_version", "value": self.version},
                {"key": "package_name", "value": self.package},
            ],
        })
    }
}
