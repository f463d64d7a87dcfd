//! What a scan finds, and whether the gate lets it pass. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What must not be found, and how long to wait.
#[derive(Debug, Clone)]
pub struct Gate {
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

/// A word that is none of ECR's severities.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a severity; CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL and UNDEFINED are")]
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

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// As `CVE-2026-1234`.
    pub name: String,
    /// The package and its version, where ECR says them.
    pub package: String,
}

/// How far a scan is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not begun, or under way.
    Waiting,
    /// Over: the findings, and how many of each severity.
    Complete {
        counts: BTreeMap<String, u64>,
        findings: Vec<Finding>,
    },
    /// There will be none.
    Never(String),
}

/// Findings that fail the gate, the worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    counts: Vec<(Severity, u64)>,
    findings: Vec<Finding>,
}

/// More rows than a person reads.
const ROWS: usize = 20;

impl Gate {
    /// Pure: what of a complete scan fails the gate; none if it passes.
    pub fn judge(&self, counts: &BTreeMap<String, u64>, findings: &[Finding]) -> Option<Table> {
        let mut severities = self.severities.clone();
        severities.sort_unstable();
        severities.dedup();
        let counts: Vec<(Severity, u64)> = severities
            .iter()
            .map(|severity| {
                let listed = findings.iter().filter(|f| f.severity == *severity).count() as u64;
                // The list may be cut by pages; the counts are of all.
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
        Some(Table { counts, findings })
    }
}

impl Table {
    /// "2 CRITICAL and 5 HIGH".
    pub fn heading(&self) -> String {
        let parts: Vec<String> = self
            .counts
            .iter()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        parts.join(" and ")
    }
}

impl fmt::Display for Table {
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

    use super::{Finding, Gate, Severity};

    fn finding(severity: Severity, name: &str) -> Finding {
        Finding {
            severity,
            name: name.to_owned(),
            package: "openssl 3.0.1".to_owned(),
        }
    }

    #[test]
    fn only_the_severities_of_the_gate_count() {
        let gate = |severities: &[Severity]| Gate {
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
