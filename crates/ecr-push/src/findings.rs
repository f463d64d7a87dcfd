//! The findings of a scan, and whether they fail the step. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The severities that fail the step, and the time limit.
#[derive(Debug, Clone)]
pub struct ScanGate {
    pub severities: Vec<Severity>,
    pub timeout: Duration,
}

/// ECR's severities, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Informational,
    Undefined,
}

const NAMES: [(&str, Severity); 6] = [
    ("CRITICAL", Severity::Critical),
    ("HIGH", Severity::High),
    ("MEDIUM", Severity::Medium),
    ("LOW", Severity::Low),
    ("INFORMATIONAL", Severity::Informational),
    ("UNDEFINED", Severity::Undefined),
];

/// Not a severity of ECR.
#[derive(Debug, thiserror::Error)]
#[error(
    "--fail-on-severity {0:?} is not a severity: use CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL or UNDEFINED"
)]
pub struct SeverityError(String);

impl FromStr for Severity {
    type Err = SeverityError;

    fn from_str(text: &str) -> Result<Self, SeverityError> {
        NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, severity)| *severity)
            .ok_or_else(|| SeverityError(text.to_owned()))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, s)| s == self).map(|(name, _)| *name);
        f.write_str(name.unwrap_or("UNDEFINED"))
    }
}

/// One finding of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// E.g. `CVE-2026-1234`.
    pub name: String,
    /// The package and its version, or empty if ECR does not return them.
    pub package: String,
}

/// The progress of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanProgress {
    /// Not started, or in progress.
    Waiting,
    /// Finished: the findings, and their number by severity.
    Complete {
        counts: BTreeMap<String, u64>,
        findings: Vec<Finding>,
    },
    /// ECR will not scan the image. Contains the reason.
    Never(String),
}

/// Findings that fail the step, the worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingsTable {
    counts: Vec<(Severity, u64)>,
    findings: Vec<Finding>,
}

/// The longest table that is useful to read.
const ROWS: usize = 20;

impl ScanGate {
    /// Pure: returns the findings of a finished scan that fail the step, or `None` if it passes.
    pub fn judge(
        &self,
        counts: &BTreeMap<String, u64>,
        findings: &[Finding],
    ) -> Option<FindingsTable> {
        let mut severities = self.severities.clone();
        severities.sort_unstable();
        severities.dedup();
        let counts: Vec<(Severity, u64)> = severities
            .iter()
            .map(|severity| {
                let listed = findings.iter().filter(|f| f.severity == *severity).count() as u64;
                // The list may be incomplete, because only some pages are read; the counts are
                // complete.
                let counted = counts.get(&severity.to_string()).copied().unwrap_or(0);
                (*severity, listed.max(counted))
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        if counts.is_empty() {
            return None;
        }
        let mut findings: Vec<Finding> = findings
            .iter()
            .filter(|f| severities.contains(&f.severity))
            .cloned()
            .collect();
        findings.sort_by(|a, b| (a.severity, &a.name).cmp(&(b.severity, &b.name)));
        Some(FindingsTable { counts, findings })
    }
}

impl FindingsTable {
    /// E.g. "2 CRITICAL and 5 HIGH".
    pub fn heading(&self) -> String {
        let parts: Vec<String> = self
            .counts
            .iter()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        parts.join(" and ")
    }
}

impl fmt::Display for FindingsTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().take(ROWS).map(|x| x.name.len()).max();
        for finding in self.findings.iter().take(ROWS) {
            writeln!(
                f,
                "{:<13} {:<width$}  {}",
                finding.severity.to_string(),
                finding.name,
                finding.package,
                width = width.unwrap_or(0).min(40),
            )?;
        }
        if self.findings.len() > ROWS {
            writeln!(f, "… and {} more", self.findings.len() - ROWS)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::{Finding, ScanGate, Severity};

    fn finding(severity: Severity, name: &str) -> Finding {
        Finding {
            severity,
            name: name.to_owned(),
            package: "openssl 3.0.1".to_owned(),
        }
    }

    #[test]
    fn only_the_given_severities_fail_the_step() {
        let gate = |severities: &[Severity]| ScanGate {
            severities: severities.to_vec(),
            timeout: Duration::from_secs(1),
        };
        let counts: BTreeMap<String, u64> = [("HIGH".to_owned(), 7), ("LOW".to_owned(), 1)].into();
        let findings = [
            finding(Severity::Low, "CVE-3"),
            finding(Severity::High, "CVE-2"),
            finding(Severity::High, "CVE-1"),
        ];
        assert_eq!(gate(&[Severity::Critical]).judge(&counts, &findings), None);
        let table = gate(&[Severity::High, Severity::Critical])
            .judge(&counts, &findings)
            .expect("findings");
        assert_eq!(table.heading(), "7 HIGH");
        assert_eq!(
            table.to_string(),
            "HIGH          CVE-1  openssl 3.0.1\nHIGH          CVE-2  openssl 3.0.1\n"
        );
        let table = gate(&[Severity::Low, Severity::High])
            .judge(&counts, &findings)
            .expect("findings");
        assert_eq!(table.heading(), "7 HIGH and 1 LOW");
    }
}
