//! Health checks that cannot work, or are unlikely to.

use serde_json::Value;

use super::code::LintCode;
use super::context::{Container, LintContext, text};

/// The ranges that ECS accepts: seconds, and the number of retries.
const LIMITS: [(&str, i64, i64); 4] = [
    ("interval", 5, 300),
    ("timeout", 2, 60),
    ("retries", 1, 10),
    ("startPeriod", 0, 300),
];

pub(super) fn check(context: &mut LintContext<'_>) {
    for container in context.containers() {
        let check = &container.value["healthCheck"];
        if !check.is_object() {
            continue;
        }
        let at = container.pointer("healthCheck");
        if let Some(message) = command(check) {
            let message = format!("the health check of container {} {message}", container.name);
            context.report(LintCode::HealthCheck, format!("{at}/command"), message);
        }
        for (member, least, most) in LIMITS {
            if let Some(number) = check[member].as_i64()
                && !(least..=most).contains(&number)
            {
                let message = format!(
                    "the health check of container {} has {member} {number}; ECS accepts {least} to {most}",
                    container.name
                );
                context.report(LintCode::HealthCheck, format!("{at}/{member}"), message);
            }
        }
        doubtful(context, &container, check, &at);
    }
}

fn command(check: &Value) -> Option<String> {
    let words: Vec<&str> = check["command"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    match words.as_slice() {
        [] => Some("has no command".to_owned()),
        ["CMD" | "CMD-SHELL"] => Some("has no command to run".to_owned()),
        ["CMD-SHELL", line] if line.trim().is_empty() => Some("has no command to run".to_owned()),
        ["CMD-SHELL", _, _, ..] => Some(
            "passes several words to CMD-SHELL, but the shell runs only the first: write one line"
                .to_owned(),
        ),
        ["CMD", program] if program.contains(char::is_whitespace) => Some(
            "passes a whole line to CMD, which expects the name of one program: use CMD-SHELL"
                .to_owned(),
        ),
        ["CMD", .., last] if matches!(*last, "||" | "&&" | "|") || has_shell_words(&words) => {
            Some("passes shell operators to CMD: use CMD-SHELL and one line".to_owned())
        }
        ["CMD" | "CMD-SHELL" | "NONE", ..] => None,
        _ => None,
    }
}

/// The first word of a command that starts with none of Docker's keywords. ECS accepts it. A path
/// alone is common in AWS's own samples, e.g. `["/healthcheck"]`.
fn first_word(check: &Value) -> Option<&str> {
    let words = check["command"].as_array()?;
    let first = words.first()?.as_str()?;
    let is_path = words.len() == 1 && first.starts_with('/');
    (!is_path && !["CMD", "CMD-SHELL", "NONE"].contains(&first)).then_some(first)
}

fn has_shell_words(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| matches!(*word, "||" | "&&" | "|" | ";"))
}

fn doubtful(context: &mut LintContext<'_>, container: &Container<'_>, check: &Value, at: &str) {
    if let Some(first) = first_word(check) {
        let message = format!(
            "the health check of container {} starts with {first:?}, not with CMD or CMD-SHELL",
            container.name
        );
        let at = format!("{at}/command");
        context.report(LintCode::HealthCheckDoubtful, at, message);
    }
    let interval = check["interval"].as_i64().unwrap_or(30);
    let timeout = check["timeout"].as_i64().unwrap_or(5);
    if timeout > interval {
        let message = format!(
            "the health check of container {} has a timeout of {timeout} s, but an interval of {interval} s",
            container.name
        );
        let member = if check["timeout"].is_null() {
            "interval"
        } else {
            "timeout"
        };
        context.report(
            LintCode::HealthCheckDoubtful,
            format!("{at}/{member}"),
            message,
        );
    }
    let calls = |program: &str| {
        check["command"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|word| {
                word.as_str().is_some_and(|w| {
                    w.split([' ', '/', ';', '&', '|'])
                        .any(|part| part == program)
                })
            })
    };
    let image = text(container.value, "image").unwrap_or_default();
    let has_no_shell = ["distroless", "scratch", "/static"]
        .iter()
        .any(|part| image.contains(part));
    if has_no_shell && (calls("curl") || calls("wget") || check["command"][0] == "CMD-SHELL") {
        let message = format!(
            "the health check of container {} needs a shell or curl, which its image does not seem to have",
            container.name
        );
        context.report(
            LintCode::HealthCheckDoubtful,
            format!("{at}/command"),
            message,
        );
    }
}
