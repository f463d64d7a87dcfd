//! A plan as Markdown: what is lost first, then what changes, then what is new; shortened from the
//! end when it grows too long, so that a loss is always told.

use crate::markdown::code;
use crate::terraform::planned::{Change, Kind, Planned};

/// How much is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Detail {
    Everything,
    /// Without the names of attributes.
    Addresses,
    /// Of what is added, changed or imported only the number.
    Losses,
    /// Numbers alone.
    Counts,
}

/// The plan in at most `limit` UTF-16 units, before its footer.
pub fn render(planned: &Planned, name: Option<&str>, footer: &str, limit: usize) -> String {
    let details = [
        Detail::Everything,
        Detail::Addresses,
        Detail::Losses,
        Detail::Counts,
    ];
    let mut text = String::new();
    for detail in details {
        text = render_with(planned, name, detail);
        if detail != Detail::Everything {
            text.push_str("Shortened to fit: the run's log has the whole plan.\n\n");
        }
        text.push_str(footer);
        if text.encode_utf16().count() <= limit {
            break;
        }
    }
    text
}

fn render_with(planned: &Planned, name: Option<&str>, detail: Detail) -> String {
    let of = name.map(|name| format!(" of {}", code(name)));
    let mut text = format!(
        "### {} Terraform plan{}: {}\n\n",
        sign(planned),
        of.unwrap_or_default(),
        planned.counts()
    );
    if planned.is_incomplete {
        text.push_str(
            "Planning ended in an error: this is not all that would happen. The run's log has it.\n\n",
        );
    }
    if detail == Detail::Counts {
        return text;
    }
    let sections = [
        (Kind::Destroy, "Destroyed", true),
        (Kind::Replace, "Replaced: destroyed and made anew", true),
        (
            Kind::Forget,
            "Forgotten: stays, and is no longer Terraform's",
            true,
        ),
        (Kind::Change, "Changed in place", false),
        (Kind::Add, "Added", false),
        (Kind::Import, "Imported", false),
    ];
    for (kind, title, is_loss) in sections {
        if is_loss || detail != Detail::Losses {
            let of_kind = planned.changes.iter().filter(|change| change.kind == kind);
            text.push_str(&section(
                title,
                &of_kind.collect::<Vec<_>>(),
                is_loss,
                detail,
            ));
        }
    }
    if detail != Detail::Losses {
        let drifted: Vec<&Change> = planned.drifted.iter().collect();
        let title = "Changed outside of Terraform";
        text.push_str(&section(title, &drifted, false, detail));
        text.push_str(&outputs(&planned.outputs));
    }
    text
}

/// What a reader should feel at the first glance.
fn sign(planned: &Planned) -> &'static str {
    let is_loss = |change: &Change| matches!(change.kind, Kind::Destroy | Kind::Replace);
    if planned.is_incomplete {
        "❌"
    } else if planned.changes.iter().any(is_loss) {
        "⚠️"
    } else if planned.is_empty() {
        "✅"
    } else {
        "📝"
    }
}

/// Losses stand open; a long list of other things is folded.
fn section(title: &str, changes: &[&Change], is_loss: bool, detail: Detail) -> String {
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

fn line(change: &Change, detail: Detail) -> String {
    let names = match (detail, change.attributes.is_empty()) {
        (Detail::Everything, false) => {
            let because = match change.kind {
                Kind::Replace => "forced by ",
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
