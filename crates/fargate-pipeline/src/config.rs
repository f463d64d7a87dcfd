//! `config`: shows each value that `deploy` would use, and where it comes from.
//!
//! Decided here: how the values are shown, and that values of variables of containers are not. Never here:
//! which source wins. Nothing is read from AWS.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use pipeline_io::{Done, Interrupt, Step, read_text};
use serde_json::{Value, json};

pub(crate) mod args;
pub(crate) mod fargate_yml;
pub(crate) mod flags;
pub(crate) mod schema;
pub(crate) mod settings;

use args::ConfigArgs;
use fargate_yml::FILE;
use flags::Given;
use settings::{Origin, Setting, Settings};

/// The largest `fargate.yml` that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// Runs the command.
pub(crate) fn main(argv: Vec<OsString>) -> ExitCode {
    pipeline_io::run(argv, run)
}

async fn run(args: ConfigArgs, _: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let settings = load(args.given)?;
    let text = if args.is_json {
        document(&settings)
    } else {
        table(&settings)
    };
    Ok(Done::document("shown", text))
}

/// The settings of a command line: flags and variables, then `fargate.yml`, then the files that are found
/// by their names. Changes to the working directory, if one is set.
///
/// # Errors
/// If the directory does not exist, or `fargate.yml` has a mistake.
pub(crate) fn load(given: Given) -> Result<Settings, pipeline_io::Error> {
    let mut settings = given.settings;
    if let Some(path) = settings.get("working-directory") {
        std::env::set_current_dir(path).map_err(|source| WorkingDirectory {
            path: path.to_owned(),
            source,
        })?;
    }
    let environment = given.environment.as_deref();
    if Path::new(FILE).exists() {
        let text = read_text("configuration", Path::new(FILE), LIMIT)?;
        fargate_yml::apply(&text, environment, &flags::deploy_command(), &mut settings)?;
    } else if let Some(name) = environment {
        return Err(fargate_yml::no_file(name).into());
    }
    for (flag, file) in [
        ("task-definition", "taskdef.json"),
        ("service-definition", "service.json"),
    ] {
        if Path::new(file).is_file() {
            settings.fill(flag, vec![file.to_owned()], Origin::Default);
        }
    }
    Ok(settings)
}

#[derive(Debug, thiserror::Error)]
#[error("cannot use the working directory {path}")]
struct WorkingDirectory {
    path: String,
    source: std::io::Error,
}

impl pipeline_io::Failure for WorkingDirectory {
    fn exit(&self) -> pipeline_io::Exit {
        pipeline_io::Exit::NotFound
    }
}

/// The values to show. Variables of containers may contain secrets, so only their names are shown.
fn shown(flag: &str, setting: &Setting) -> Vec<String> {
    let values = setting.values.iter();
    match flag {
        "env" | "build-args" => values
            .map(|value| match value.split_once('=') {
                Some((name, _)) => format!("{name}=…"),
                None => value.clone(),
            })
            .collect(),
        _ => values.cloned().collect(),
    }
}

/// One line per value: the flag, the value, the source.
fn table(settings: &Settings) -> String {
    let rows: Vec<[String; 3]> = settings
        .iter()
        .flat_map(|(flag, setting)| {
            let origin = setting.origin.to_string();
            let values = shown(flag, setting).into_iter();
            values.map(move |value| {
                [
                    flag.to_owned(),
                    pipeline_io::plain_line(&value),
                    origin.clone(),
                ]
            })
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    let line =
        |[flag, value, origin]: &[String; 3]| format!("{flag:first$}  {value:second$}  {origin}");
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// An object from each flag to its value and its source.
fn document(settings: &Settings) -> String {
    let members = settings.iter().map(|(flag, setting)| {
        let member = json!({"value": shown(flag, setting), "source": setting.origin.to_string()});
        (flag.to_owned(), member)
    });
    let document: Value = Value::Object(members.collect());
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Origin, Settings, document, table};

    #[test]
    fn each_value_is_shown_with_its_source_but_no_variable_of_a_container() {
        let mut settings = Settings::default();
        settings.fill(
            "cluster",
            vec!["prod".into()],
            Origin::Variable("FARGATE_CLUSTER".into()),
        );
        settings.fill(
            "env",
            vec!["KEY=hunter2".into(), "PATH".into()],
            Origin::Flag,
        );
        let file = "fargate.yml".to_owned();
        settings.fill(
            "service",
            vec!["web".into()],
            Origin::File { file, line: 3 },
        );
        let text = table(&settings);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "cluster  prod   variable FARGATE_CLUSTER",
                "env      KEY=…  flag",
                "env      PATH   flag",
                "service  web    fargate.yml:3",
            ]
        );
        let document: serde_json::Value = serde_json::from_str(&document(&settings)).expect("JSON");
        assert_eq!(document["service"]["source"], "fargate.yml:3");
        assert!(!document.to_string().contains("hunter2"));
    }
}
