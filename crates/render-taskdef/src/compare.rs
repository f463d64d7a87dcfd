//! `--diff`: what the rendered definition changes in another one.

use ecs_document::Document;
use ecs_document::diff::{Baseline, Diff, Marks, ValueVisibility, diff};
use ecs_document::model::DocumentKind;
use pipeline_io::Step;

use crate::Error;
use crate::request::{Checks, Source};
use crate::source::{Aws, load};

/// The result of a comparison.
pub struct Compared {
    /// The name of the other definition, e.g. `web:3` or `old.json`.
    other: String,
    hidden: Diff,
    /// With the values of variables, for a terminal only.
    shown: Option<Diff>,
}

/// Compares the rendered definition with another one; `None` if the service or the family does not
/// exist yet.
///
/// # Errors
/// If the other definition cannot be loaded.
pub async fn compare(
    rendered: &Document,
    other: &Source,
    checks: &Checks,
    aws: &Aws<'_>,
    step: &Step,
) -> Result<Option<Compared>, Error> {
    let loaded = match load(other, aws).await {
        Ok(loaded) => loaded,
        Err(Error::NoService { service, cluster }) => {
            step.info(format!(
                "nothing to compare with: cluster {cluster} does not have a service {service} yet"
            ));
            return Ok(None);
        }
        Err(Error::NotRegistered { name, .. }) => {
            step.info(format!(
                "nothing to compare with: {name} is not registered yet"
            ));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let against = match other {
        Source::File(_) => Baseline::Document,
        Source::Registered(_) | Source::Service { .. } => Baseline::Live,
    };
    let of = |values| {
        let (before, after) = (loaded.document.value(), rendered.value());
        diff(DocumentKind::TaskDefinition, before, after, against, values)
    };
    let may_show = checks.show_values && step.progress().is_terminal();
    if checks.show_values && !may_show {
        step.info("--show-values works only on a terminal; values are hidden");
    }
    Ok(Some(Compared {
        other: loaded.document.name().to_owned(),
        hidden: of(ValueVisibility::Hidden),
        shown: may_show.then(|| of(ValueVisibility::Shown)),
    }))
}

impl Compared {
    /// Whether the definitions differ.
    pub fn is_different(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// The lines of a `diff` block for the result file, without values of variables.
    pub fn for_result(&self) -> String {
        self.hidden.lines(&Marks::PLAIN).join("\n")
    }

    /// Shows the differences on stderr, in color on a terminal, and in the job summary.
    pub fn show(&self, family: &str, step: &Step) {
        if !self.is_different() {
            step.info(format!("no differences from {}", self.other));
            return;
        }
        let has_color = step.progress().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let marks = if has_color {
            Marks::COLORED
        } else {
            Marks::PLAIN
        };
        let diff = self.shown.as_ref().unwrap_or(&self.hidden);
        let group = step.group(&format!("changes against {}", self.other));
        for line in diff.lines(&marks) {
            step.show(&line);
        }
        drop(group);
        step.summary(&format!(
            "**Task definition `{}`**, compared with `{}`:\n\n{}\n",
            code(family),
            code(&self.other),
            self.hidden.markdown()
        ));
    }
}

/// A name without backticks, for inline code in Markdown.
fn code(name: &str) -> String {
    name.replace('`', "'")
}
