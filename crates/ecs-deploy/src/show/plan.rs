//! The plan of a dry run in its three forms.

use ecs_model::{TaskDefinitionRef, is_arn, short_name};
use pipeline_io::plain_line;
use serde_json::{Map, Value, json};

use super::reason::{forced, kept, skipped};
use crate::plan::members::DeploymentEffect;
use crate::plan::service::{Action, ServicePlan};

/// The parts of a plan.
pub struct PlanView<'a> {
    pub cluster: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    /// The family of the revision that would be registered, and its newest revision.
    pub register: Option<(&'a str, Option<&'a str>)>,
    /// The registered revision that would run.
    pub revision: Option<&'a str>,
    /// The deployment in progress that would be replaced.
    pub replaces: Option<String>,
    /// The definition of the service that would be created.
    pub creation: &'a Map<String, Value>,
    /// A summary of how a deployment would proceed.
    pub rollout: String,
    /// One-off tasks: the flag and the command.
    pub tasks: Vec<(&'static str, String)>,
    /// How many successful revisions to keep.
    pub keep_revisions: Option<usize>,
    pub plan: &'a ServicePlan,
}

impl PlanView<'_> {
    fn starts(&self) -> &'static str {
        match self.plan.starts {
            DeploymentEffect::Starts => "starts a deployment",
            DeploymentEffect::None => "starts no deployment",
            DeploymentEffect::Undocumented => "may start a deployment: AWS does not document it",
        }
    }

    fn runs(&self) -> String {
        match (self.revision, self.register) {
            (Some(arn), _) => short_name(arn).to_owned(),
            (None, Some((family, _))) => format!("{family}:(new)"),
            (None, None) => "the current revision".to_owned(),
        }
    }

    /// The changes: member, old value, new value.
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

    /// One line per action, with its verb.
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
            (None, Some(arn)) => lines.push((
                "use",
                format!("{}, which is already registered", short_name(arn)),
            )),
            (None, None) => {}
        }
        let starts = self.plan.starts != DeploymentEffect::None;
        let tasks = |flag: &'static str, are_run: bool| {
            self.tasks.iter().filter(move |t| t.0 == flag && are_run)
        };
        for (_, command) in tasks("--pre-deploy-task", starts) {
            lines.push((
                "run",
                format!("{}, before the service is changed", plain_line(command)),
            ));
        }
        let service = self.service;
        lines.push(match self.plan.action {
            Action::Created => ("create", format!("service {service} on {}", self.runs())),
            Action::Unchanged => ("leave", format!("service {service}: it already matches")),
            Action::Joined => (
                "join",
                format!("the deployment of {service} in progress: it deploys the same declaration"),
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
        if !self.plan.skipped_tags.is_empty() {
            lines.push(("skip", plain_line(&skipped(&self.plan.skipped_tags))));
        }
        for (_, command) in tasks("--post-deploy-task", self.plan.deploys()) {
            lines.push((
                "run",
                format!("{}, after the service was written", plain_line(command)),
            ));
        }
        if let Some(keep) = self.keep_revisions {
            lines.push((
                "prune",
                format!("unused revisions older than the last {keep} successful ones"),
            ));
        }
        if let Some((live, wanted)) = &self.plan.kept_count {
            lines.push(("keep", kept(live, wanted)));
        }
        if self.plan.updates() && !self.plan.unseen.is_empty() {
            lines.push((
                "send",
                format!(
                    "members that ECS does not return, so they cannot be compared: {}",
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
            "rollout": (plan.starts != DeploymentEffect::None).then_some(&self.rollout),
            "changes": plan.changes,
            "creation": (plan.action == Action::Created).then_some(self.creation),
            "sentAlong": if plan.updates() { plan.unseen.clone() } else { Vec::new() },
            "tags": plan.tags,
            "skippedTags": plan.skipped_tags,
            "tasks": self.tasks.iter().map(|(flag, command)| json!({"phase": flag, "command": command}))
                .collect::<Vec<_>>(),
            "forced": plan.force.as_ref().map(forced),
            "replaces": self.replaces,
            "keepRevisions": self.keep_revisions,
            "keptDesiredCount": plan.kept_count.as_ref()
                .map(|(live, declared)| json!({"live": live, "declared": declared})),
        })
    }
}

/// Escapes text so that Markdown shows it literally.
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
