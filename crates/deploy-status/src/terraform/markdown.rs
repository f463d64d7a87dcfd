//! Renders a plan as Markdown: losses first, then changes, then additions. If it is too long, it is
//! shortened from the end, so losses are always shown.

use crate::markdown::code;
use crate::terraform::plan_summary::{ChangeKind, PlanSummary, PlannedChange};

/// How much is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Detail {
    Everything,
    /// Without the names of attributes.
    Addresses,
    /// Only the number of added, changed and imported resources.
    Losses,
    /// Only numbers.
    Counts,
}

/// Renders the plan in at most `limit` UTF-16 units, including the footer.
pub fn render(
    plan_summary: &PlanSummary,
    name: Option<&str>,
    footer: &str,
    limit: usize,
) -> String {
    let details = [
        Detail::Everything,
        Detail::Addresses,
        Detail::Losses,
        Detail::Counts,
    ];
    let mut text = String::new();
    for detail in details {
        text = render_with(plan_summary, name, detail);
        if detail != Detail::Everything {
            text.push_str("Shortened to fit. The log of the run contains the whole plan.\n\n");
        }
        text.push_str(footer);
        if text.encode_utf16().count() <= limit {
            break;
        }
    }
    text
}

fn render_with(plan_summary: &PlanSummary, name: Option<&str>, detail: Detail) -> String {
    let of = name.map(|name| format!(" of {}", code(name)));
    let mut text = format!(
        "### {} Terraform plan{}: {}\n\n",
        sign(plan_summary),
        of.unwrap_or_default(),
        plan_summary.counts()
    );
    if plan_summary.is_incomplete {
        text.push_str(
            "Planning failed, so this plan is incomplete. The log of the run contains the error.\n\n",
        );
    }
    if detail == Detail::Counts {
        return text;
    }
    let sections = [
        (ChangeKind::Destroy, "Destroyed", true),
        (
            ChangeKind::Replace,
            "Replaced: destroyed and created again",
            true,
        ),
        (
            ChangeKind::Forget,
            "Forgotten: kept, but no longer managed by Terraform",
            true,
        ),
        (ChangeKind::Change, "Changed in place", false),
        (ChangeKind::Add, "Added", false),
        (ChangeKind::Import, "Imported", false),
    ];
    for (kind, title, is_loss) in sections {
        if is_loss || detail != Detail::Losses {
            let of_kind = plan_summary
                .changes
                .iter()
                .filter(|change| change.kind == kind);
            text.push_str(&section(
                title,
                &of_kind.collect::<Vec<_>>(),
                is_loss,
                detail,
            ));
        }
    }
    if detail != Detail::Losses {
        let drifted: Vec<&PlannedChange> = plan_summary.drifted.iter().collect();
        let title = "Changed outside of Terraform";
        text.push_str(&section(title, &drifted, false, detail));
        text.push_str(&outputs(&plan_summary.outputs));
    }
    text
}

/// The symbol in the headline, which shows how serious the plan is.
fn sign(plan_summary: &PlanSummary) -> &'static str {
    let is_loss =
        |change: &PlannedChange| matches!(change.kind, ChangeKind::Destroy | ChangeKind::Replace);
    if plan_summary.is_incomplete {
        "❌"
    } else if plan_summary.changes.iter().any(is_loss) {
        "⚠️"
    } else if plan_summary.is_empty() {
        "✅"
    } else {
        "📝"
    }
}

/// Losses are always visible. A long list of other changes is collapsed.
fn section(title: &str, changes: &[&PlannedChange], is_loss: bool, detail: Detail) -> String {
    const FOLDED_FROM: usize = 12;
    if changes.is_empty() {
        return String::new();
    }
    let lines: String = changes.iter().map(|change| line(change, detail)).collect();
    let title = format!("{title} ({})", changes.len());
    if is_loss || changes.len() < FOLDED_FROM {
        format!("**{title}**\n\n{lines}\n")
    } else {
        format!("<details><summary>{title}</summary>\n\n{lines}\n</details>\n\n")
    }
}

fn line(change: &PlannedChange, detail: Detail) -> String {
    let names = match (detail, change.attributes.is_empty()) {
        (Detail::Everything, false) => {
            let because = match change.kind {
                ChangeKind::Replace => "forced by ",
                _ => "",
            };
            let names: Vec<String> = change.attributes.iter().map(|name| code(name)).collect();
            format!(": {because}{}", names.join(", "))
        }
        _ => String::new(),
    };
    format!("- {}{names}\n", code(&change.address))
}

fn outputs(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(|name| code(name)).collect();
    format!("**Outputs that change**: {}\n\n", names.join(", "))
}
