//! Health checks that cannot work, or hardly can.

use serde_json::Value;

use super::code::Code;
use super::look::{Container, Look, text};

/// Seconds and tries that ECS takes.
const LIMITS: [(&str, i64, i64); 4] = [
    ("interval", 5, 300),
    ("timeout", 2, 60),
    ("retries", 1, 10),
    ("startPeriod", 0, 300),
];

pub(super) fn look(look: &mut Look<'_>) {
    for container in look.containers() {
        let check = &container.value["healthCheck"];
        if !check.is_object() {
            continue;
        }
        let at = container.pointer("healthCheck");
        if let Some(message) = command(check) {
            let message = format!("the health check of container {} {message}", container.name);
            look.report(Code::HealthCheck, format!("{at}/command"), message);
        }
        for (member, least, most) in LIMITS {
            if let Some(number) = check[member].as_i64()
                && !(least..=most).contains(&number)
            {
                let message = format!(
                    "the health check's {member} of container {} is {number}; ECS takes {least} to {most}",
                    container.name
                );
                look.report(Code::HealthCheck, format!("{at}/{member}"), message);
            }
        }
        doubtful(look, &container, check, &at);
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
        ["CMD" | "CMD-SHELL"] => Some("has nothing to run".to_owned()),
        ["CMD-SHELL", line] if line.trim().is_empty() => Some("has nothing to run".to_owned()),
        ["CMD-SHELL", _, _, ..] => Some(
            "gives CMD-SHELL several words; the shell runs the first alone: write one line"
                .to_owned(),
        ),
        ["CMD", program] if program.contains(char::is_whitespace) => Some(
            "gives CMD a whole line, which would be the name of one program: use CMD-SHELL"
                .to_owned(),
        ),
        ["CMD", .., last] if matches!(*last, "||" | "&&" | "|") || has_shell_words(&words) => Some(
            "gives CMD words that only a shell understands: use CMD-SHELL and one line".to_owned(),
        ),
        ["CMD" | "CMD-SHELL" | "NONE", ..] => None,
        [first, ..] => Some(format!(
            "begins with {first:?}; it must begin with CMD or CMD-SHELL"
        )),
    }
}

fn has_shell_words(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| matches!(*word, "||" | "&&" | "|" | ";"))
}

fn doubtful(look: &mut Look<'_>, container: &Container<'_>, check: &Value, at: &str) {
    let interval = check["interval"].as_i64().unwrap_or(30);
    let timeout = check["timeout"].as_i64().unwrap_or(5);
    if timeout > interval {
        let message = format!(
            "the health check of container {} may take {timeout} s and is started every {interval} s",
            container.name
        );
        let member = if check["timeout"].is_null() {
            "interval"
        } else {
            "timeout"
        };
        look.report(Code::HealthCheckDoubtful, format!("{at}/{member}"), message);
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
            "the health check of container {} needs a shell or curl, and its image looks as if it had none",
            container.name
        );
        look.report(Code::HealthCheckDoubtful, format!("{at}/command"), message);
    }
}
