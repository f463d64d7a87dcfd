//! `--diff`: what the rendered definition changes.

use ecs_document::Document;
use ecs_document::diff::{Against, Diff, Marks, Values, diff};
use ecs_document::model::DocumentKind;
use pipeline_io::Step;

use crate::Error;
use crate::plan::{Checks, Other, Source};
use crate::source::{Aws, load};

/// What was compared, and what differs.
pub struct Compared {
    /// The other definition, as a person calls it: `web:3`, `old.json`.
    other: String,
    hidden: Diff,
    /// With the values of variables, for a terminal.
    shown: Option<Diff>,
}

/// Compares the rendered definition with another; `None` where there is nothing yet to compare it
/// with: a service's or a family's first deployment.
pub async fn compare(
    rendered: &Document,
    other: &Other,
    checks: &Checks,
    aws: &Aws<'_>,
    step: &Step,
) -> Result<Option<Compared>, Error> {
    let loaded = match load(&other.source, aws).await {
        Ok(loaded) => loaded,
        Err(Error::NoService { service, cluster }) => {
            step.info(format!(
                "nothing to compare with: there is no service {service} in cluster {cluster} yet"
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
    let against = match other.source {
        Source::File(_) => Against::Document,
        Source::Registered(_) | Source::Service { .. } => Against::Live,
    };
    let of = |values| {
        let (before, after) = (loaded.document.value(), rendered.value());
        diff(DocumentKind::TaskDefinition, before, after, against, values)
    };
    let may_show = checks.show_values && step.progress().is_terminal();
    if checks.show_values && !may_show {
        step.info("--show-values is for a terminal: values stay hidden");
    }
    Ok(Some(Compared {
        other: loaded.document.name().to_owned(),
        hidden: of(Values::Hidden),
        shown: may_show.then(|| of(Values::Shown)),
    }))
}

impl Compared {
    /// Whether anything differs.
    pub fn is_different(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// For the result file: the lines of a `diff` block, without values of variables.
    pub fn for_result(&self) -> String {
        self.hidden.lines(&Marks::PLAIN).join("\n")
    }

    /// For a person: on stderr, in color on a terminal; and in the job's summary.
    pub fn say(&self, family: &str, step: &Step) {
        if !self.is_different() {
            step.info(format!("no difference to {}", self.other));
            return;
        }
        let has_color = step.progress().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let marks = if has_color {
            Marks::COLORED
        } else {
            Marks::PLAIN
        };
        let diff = self.shown.as_ref().unwrap_or(&self.hidden);
        let group = step.group(&format!("what changes against {}", self.other));
        for line in diff.lines(&marks) {
            step.show(&line);
        }
        drop(group);
        step.summary(&format!(
            "**Task definition `{}`**, against `{}`:\n\n{}\n",
            code(family),
            code(&self.other),
            self.hidden.markdown()
        ));
    }
}

/// A name inside backticks.
fn code(name: &str) -> String {
    name.replace('`', "'")
}
