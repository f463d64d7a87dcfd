//! Writes an action as YAML, in the form that a person would write.

use std::fmt::Write;

use super::Action;

/// The complete `actions/VERB/action.yml`.
pub fn action(action: &Action) -> String {
    let verb = action.verb;
    let mut text = format!(
        "# Made by `cargo xtask regenerate` from the flags of {verb}; not edited by hand.\nname: {verb}\ndescription: {}\n",
        scalar(&action.about)
    );
    let mut line = |indent: usize, line: String| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{:indent$}{line}", "");
    };
    line(0, "inputs:".into());
    if !action.subcommands.is_empty() {
        line(2, "subcommand:".into());
        let which = action.subcommands.join(", ");
        line(
            4,
            format!(
                "description: {}",
                scalar(&format!("What to do instead of the default: {which}"))
            ),
        );
    }
    for input in &action.inputs {
        line(2, format!("{}:", input.name));
        line(
            4,
            format!(
                "description: {}",
                scalar(&described(&input.form, &input.description))
            ),
        );
        if input.required {
            line(4, "required: true".into());
        }
        if let Some(default) = input.default {
            line(4, format!("default: {default}"));
        }
    }
    line(0, "outputs:".into());
    for output in &action.outputs {
        line(2, format!("{}:", output.name));
        let sample = match output.sample.as_str() {
            "" => String::new(),
            sample => format!(" (e.g. {sample})"),
        };
        line(
            4,
            format!(
                "description: {}",
                scalar(&format!("{}{sample}", output.description))
            ),
        );
        line(4, format!("value: {}", output.value));
    }
    line(0, "runs:".into());
    line(2, "using: composite".into());
    line(2, "steps:".into());
    line(4, "- id: run".into());
    line(6, format!("name: {verb}"));
    line(6, "shell: sh".into());
    line(6, "env:".into());
    if !action.subcommands.is_empty() {
        line(8, "SUBCOMMAND: ${{ inputs.subcommand }}".into());
    }
    for input in &action.inputs {
        line(8, format!("{}: {}", input.variable, input.expression()));
    }
    let sub = if action.subcommands.is_empty() {
        ""
    } else {
        " ${SUBCOMMAND:+\"$SUBCOMMAND\"}"
    };
    line(
        6,
        format!("run: exec \"$GITHUB_ACTION_PATH/../launch\" {verb}{sub}"),
    );
    text
}

fn described(form: &str, description: &str) -> String {
    match form {
        "" => description.to_owned(),
        form => format!("{description} ({form})"),
    }
}

/// A text as a plain scalar if YAML allows it, otherwise in single quotes.
fn scalar(text: &str) -> String {
    let starts_plain = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_word = ["true", "false", "yes", "no", "null"].contains(&text);
    if starts_plain
        && !is_word
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
    {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn a_text_is_unchanged_after_parsing() {
        for (text, yaml) in [
            ("plain text, with `marks`", "plain text, with `marks`"),
            ("a: b", "'a: b'"),
            ("it's: so", "'it''s: so'"),
            ("… goes on", "'… goes on'"),
            ("a #b", "'a #b'"),
            ("true", "'true'"),
        ] {
            assert_eq!(scalar(text), yaml);
        }
    }
}
