//! A dry run's plan in its three forms.

use ecs_model::{TaskDefinitionRef, is_arn, short_name};
use pipeline_io::plain_line;
use serde_json::{Map, Value, json};

use super::reason::{forced, kept};
use crate::plan::members::Effect;
use crate::plan::service::{Action, ServicePlan};

/// What a plan's forms are made of.
pub struct Shown<'a> {
    pub cluster: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    /// The family of a revision that would be registered, and the newest one there is.
    pub register: Option<(&'a str, Option<&'a str>)>,
    /// The registered revision that would run.
    pub revision: Option<&'a str>,
    /// The deployment in progress that would be replaced.
    pub replaces: Option<String>,
    /// The definition of a service that would be created.
    pub creation: &'a Map<String, Value>,
    /// How a deployment of this service goes.
    pub rollout: String,
    /// One-off tasks: the flag and what it runs.
    pub tasks: Vec<(&'static str, String)>,
    /// How many successful revisions pruning keeps.
    pub keep_revisions: Option<usize>,
    pub plan: &'a ServicePlan,
}

impl Shown<'_> {
    fn starts(&self) -> &'static str {
        match self.plan.starts {
            Effect::Starts => "starts a deployment",
            Effect::None => "starts no deployment",
            Effect::Unsaid => "may start a deployment: AWS does not say",
        }
    }

    fn runs(&self) -> String {
        match (self.revision, self.register) {
            (Some(arn), _) => short_name(arn).to_owned(),
            (None, Some((family, _))) => format!("{family}:(new)"),
            (None, None) => "what runs".to_owned(),
        }
    }

    /// Each change as member, before and after.
    fn changes(&self) -> Vec<(String, String, String)> {
        let value = |v: &Value| match v {
            Value::Null => "(none)".to_owned(),
            Value::String(text)
                if is_arn(text) && TaskDefinitionRef::try_from(text.as_str()).is_ok() =>
            {
                short_name(text).to_owned()
            }
            other => plain_line(&other.to_string()),
        };
        self.plan
            .changes
            .iter()
            .map(|c| {
                let to = match c.member.as_str() {
                    "taskDefinition" => self.runs(),
                    _ => value(&c.to),
                };
                (c.member.clone(), value(&c.from), to)
            })
            .collect()
    }

    /// One line for each thing that would be done, led by a verb.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        match (self.register, self.revision) {
            (Some((family, Some(newest))), _) => lines.push((
                "register",
                format!(
                    "a new revision of {family}; the newest is {}",
                    short_name(newest)
                ),
            )),
            (Some((family, None)), _) => {
                lines.push(("register", format!("{family}: its first revision")));
            }
            (None, Some(arn)) => {
                lines.push(("use", format!("{}, which is registered", short_name(arn))))
            }
            (None, None) => {}
        }
        let starts = self.plan.starts != Effect::None;
        let tasks = |flag: &'static str, are_run: bool| {
            self.tasks.iter().filter(move |t| t.0 == flag && are_run)
        };
        for (_, said) in tasks("--pre-deploy-task", starts) {
            lines.push((
                "run",
                format!("{}, before the service is touched", plain_line(said)),
            ));
        }
        let service = self.service;
        lines.push(match self.plan.action {
            Action::Created => ("create", format!("service {service} on {}", self.runs())),
            Action::Unchanged => ("leave", format!("service {service}: it is as declared")),
            Action::Joined => (
                "join",
                format!("the deployment of {service} in progress: it is the declared one"),
            ),
            Action::Updated | Action::Forced => {
                ("update", format!("service {service}: {}", self.starts()))
            }
        });
        if let Some(force) = &self.plan.force {
            lines.push(("force", forced(force)));
        }
        if starts {
            lines.push(("roll out", plain_line(&self.rollout)));
        }
        if let Some(which) = &self.replaces {
            lines.push(("replace", format!("the deployment in progress: {which}")));
        }
        for tag in &self.plan.tags {
            let text = |member: &str| tag[member].as_str().unwrap_or_default().to_owned();
            lines.push((
                "tag",
                plain_line(&format!("{}={}", text("key"), text("value"))),
            ));
        }
        for (_, said) in tasks("--post-deploy-task", self.plan.deploys()) {
            lines.push((
                "run",
                format!("{}, after the service was written", plain_line(said)),
            ));
        }
        if let Some(keep) = self.keep_revisions {
            lines.push((
                "prune",
                format!(
                    "unused revisions older than the last {keep} that were deployed with success"
                ),
            ));
        }
        if let Some((live, wanted)) = &self.plan.kept_count {
            lines.push(("keep", kept(live, wanted)));
        }
        if self.plan.updates() && !self.plan.unseen.is_empty() {
            lines.push((
                "send",
                format!(
                    "along, since nothing shows whether they differ: {}",
                    self.plan.unseen.join(", ")
                ),
            ));
        }
        lines
    }

    pub fn text(&self) -> String {
        let mut text = format!(
            "plan for service {} in cluster {} ({})\n",
            self.service, self.cluster, self.region
        );
        for (verb, what) in self.lines() {
            text.push_str(&format!("  {verb:<9} {what}\n"));
            let members: Vec<(String, String)> = match verb {
                "update" => {
                    let changes = self.changes().into_iter();
                    changes
                        .map(|(m, from, to)| (m, format!("{from} → {to}")))
                        .collect()
                }
                "create" => {
                    let members = self.creation.iter();
                    members
                        .map(|(m, v)| (m.clone(), plain_line(&v.to_string())))
                        .collect()
                }
                _ => Vec::new(),
            };
            let width = members.iter().map(|m| m.0.len()).max().unwrap_or_default();
            for (member, value) in members {
                text.push_str(&format!("            {member:<width$}  {value}\n"));
            }
        }
        text.push_str("nothing was changed: this is a dry run\n");
        text
    }

    pub fn markdown(&self) -> String {
        let code = |text: &str| format!("`{}`", text.replace('`', "'").replace('|', "\\|"));
        let mut text = format!(
            "### Plan for service {} in cluster {}\n\n",
            code(self.service),
            code(self.cluster)
        );
        for (verb, what) in self.lines() {
            text.push_str(&format!("- **{verb}** {}\n", fenced(&what)));
        }
        let mut rows = self.changes();
        if self.plan.action == Action::Created {
            let members = self.creation.iter();
            rows = members
                .map(|(m, v)| (m.clone(), String::new(), plain_line(&v.to_string())))
                .collect();
        }
        if !rows.is_empty() {
            text.push_str("\n| member | now | then |\n|---|---|---|\n");
            for (member, from, to) in rows {
                let from = if from.is_empty() {
                    String::new()
                } else {
                    code(&from)
                };
                text.push_str(&format!("| {} | {from} | {} |\n", code(&member), code(&to)));
            }
        }
        text.push_str("\nNothing was changed: this is a dry run.\n");
        text
    }

    pub fn json(&self) -> Value {
        let plan = self.plan;
        json!({
            "register": self.register.map(|(family, newest)| json!({"family": family, "newest": newest})),
            "action": plan.action.as_str(),
            "startsDeployment": plan.starts,
            "rollout": (plan.starts != Effect::None).then_some(&self.rollout),
            "changes": plan.changes,
            "creation": (plan.action == Action::Created).then_some(self.creation),
            "sentAlong": if plan.updates() { plan.unseen.clone() } else { Vec::new() },
            "tags": plan.tags,
            "tasks": self.tasks.iter().map(|(flag, said)| json!({"phase": flag, "command": said}))
                .collect::<Vec<_>>(),
            "forced": plan.force.as_ref().map(forced),
            "replaces": self.replaces,
            "keepRevisions": self.keep_revisions,
            "keptDesiredCount": plan.kept_count.as_ref()
                .map(|(live, declared)| json!({"live": live, "declared": declared})),
        })
    }
}

/// Text in Markdown that means only itself.
fn fenced(text: &str) -> String {
    let mut fenced = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '\\' | '@' | '#' | '!'
        ) {
            fenced.push('\\');
        }
        fenced.push(c);
    }
    fenced
}
