//! `actions/README.md`: what each action takes and gives, as tables.

use std::fmt::Write;

use ecs_document::{Document, Syntax};
use serde_json::Value;

use super::Action;

const HEAD: &str = "\
# The actions

Made by `cargo xtask actions` from the programs' own flags; not edited by hand.

`uses: fargate-pipeline/fargate-pipeline@v1` is the whole deployment as one step; each verb is an
action of its own, for pipelines that want to stand between the steps. An action has an input for
each flag of its program, of the same name and meaning. What all of them share:

- An input that is left out is the job's variable of the flag's name: with `env: FARGATE_REGION:
  eu-central-1` at the job, no step needs `region`.
- A list has one entry a line. A switch takes `true` or `false`.
- A secret is no input: give it to the step by `env:`, as `FARGATE_STATE_TOKEN`.
- Results and files that a later step needs lie below the runner's scratch folder, so the steps of
  one job find them by themselves. A job that deploys several services gives each its own `results`,
  `out` and `from`.
- The exit code tells what happened; the table is in the repository's README.

";

/// The page. `whole` is the text of the root's `action.yml`.
pub fn text(whole: &str, actions: &[Action]) -> Result<String, String> {
    let mut text = HEAD.to_owned();
    let document = Document::parse(whole, "action.yml", Syntax::Yaml)
        .map_err(|e| format!("action.yml:{}: {e}", e.place.line))?;
    root(&mut text, document.value());
    for action in actions {
        section(&mut text, action);
    }
    Ok(text)
}

fn root(text: &mut String, document: &Value) {
    let field = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    push(
        text,
        &format!(
            "## The whole deployment\n\n{}.\n\n",
            field(document, "description")
        ),
    );
    push(text, "| input | default | meaning |\n|---|---|---|\n");
    for (name, input) in document["inputs"].as_object().into_iter().flatten() {
        let default = match (&input["default"], input["required"] == Value::Bool(true)) {
            (_, true) => "**required**".to_owned(),
            (Value::Null, false) => String::new(),
            (Value::String(default), false) => format!("`{default}`"),
            (other, false) => format!("`{other}`"),
        };
        push(
            text,
            &format!(
                "| `{name}` | {default} | {} |\n",
                cell(&field(input, "description"))
            ),
        );
    }
    push(text, "\n| output | meaning |\n|---|---|\n");
    for (name, output) in document["outputs"].as_object().into_iter().flatten() {
        push(
            text,
            &format!("| `{name}` | {} |\n", cell(&field(output, "description"))),
        );
    }
}

fn section(text: &mut String, action: &Action) {
    push(
        text,
        &format!(
            "\n## {0}\n\n`uses: fargate-pipeline/fargate-pipeline/actions/{0}@v1` · {1}.\n\n",
            action.verb,
            action.about.trim_end_matches('.')
        ),
    );
    push(text, "| input | value | meaning |\n|---|---|---|\n");
    if !action.subcommands.is_empty() {
        let which = action.subcommands.join(" \\| ");
        push(
            text,
            &format!("| `subcommand` | {which} | What to do in place of the usual |\n"),
        );
    }
    for input in &action.inputs {
        let required = if input.required { "**required.** " } else { "" };
        let means = cell(&input.description);
        push(
            text,
            &format!(
                "| `{}` | {} | {required}{means} |\n",
                input.name,
                cell(&input.form)
            ),
        );
    }
    push(text, "\n| output | meaning | sample |\n|---|---|---|\n");
    for output in &action.outputs {
        let sample = match output.sample.as_str() {
            "" => String::new(),
            sample => format!("`{}`", cell(sample)),
        };
        push(
            text,
            &format!(
                "| `{}` | {} | {sample} |\n",
                output.name,
                cell(&output.description)
            ),
        );
    }
}

/// A text as a table's cell: nothing in it ends the cell, or is taken for a tag.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn push(text: &mut String, more: &str) {
    // Writing into a String cannot fail.
    let _ = text.write_str(more);
}
