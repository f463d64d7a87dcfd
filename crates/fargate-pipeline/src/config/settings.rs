//! The values of the flags of `deploy`, and where each one comes from.
//!
//! Decided here: the first source that has a value wins. Never here: which sources there are, or what a
//! flag means.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use clap::ArgAction;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    /// The name of the variable.
    Variable(String),
    /// `fargate.yml` and the line.
    File {
        file: String,
        line: usize,
    },
    /// A convention, e.g. that `taskdef.json` exists.
    Default,
    /// An output of the Terraform state.
    Output(&'static str),
    LiveService,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Default => f.write_str("default"),
            Self::Output(name) => write!(f, "Terraform output {name}"),
            Self::LiveService => f.write_str("live service"),
        }
    }
}

/// The value of one flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// One value, or several for a flag that may be repeated. A switch has `true` or `false`.
    pub values: Vec<String>,
    pub origin: Origin,
}

/// All values, by the name of the flag without its dashes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Sets a value unless an earlier source has set it.
    pub fn fill(&mut self, flag: &str, values: Vec<String>, origin: Origin) {
        self.0
            .entry(flag.to_owned())
            .or_insert(Setting { values, origin });
    }

    /// The first value of a flag.
    pub fn get(&self, flag: &str) -> Option<&str> {
        self.list(flag).first().map(String::as_str)
    }

    /// All values of a flag.
    pub fn list(&self, flag: &str) -> &[String] {
        self.0.get(flag).map_or(&[], |setting| &setting.values)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, flag: &str) -> bool {
        self.get(flag) == Some("true")
    }

    /// Where the value of a flag comes from.
    #[cfg(test)]
    pub fn origin(&self, flag: &str) -> Option<&Origin> {
        self.0.get(flag).map(|setting| &setting.origin)
    }

    /// All settings in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0
            .iter()
            .map(|(flag, setting)| (flag.as_str(), setting))
    }

    /// The command line of a program: its name, the flags in `own`, and of all other flags that the
    /// program has those that are set here. A flag of `own` without a value is left out.
    pub fn argv(&self, command: &clap::Command, own: &[(&str, Vec<String>)]) -> Vec<OsString> {
        let mut argv = vec![OsString::from(command.get_name())];
        for arg in command.get_arguments() {
            let Some(flag) = arg.get_long() else { continue };
            let values = match own.iter().find(|(name, _)| *name == flag) {
                Some((_, values)) => values.as_slice(),
                None => self.list(flag),
            };
            let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
            for value in values {
                match (is_switch, value.as_str()) {
                    (true, "true") => argv.push(format!("--{flag}").into()),
                    (true, _) => {}
                    (false, value) => argv.push(format!("--{flag}={value}").into()),
                }
            }
        }
        argv
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Settings};

    #[test]
    fn the_first_source_wins() {
        let mut settings = Settings::default();
        settings.fill("cluster", vec!["flag".into()], Origin::Flag);
        settings.fill("cluster", vec!["later".into()], Origin::Default);
        assert_eq!(settings.get("cluster"), Some("flag"));
        assert_eq!(settings.origin("cluster"), Some(&Origin::Flag));
    }

    #[test]
    fn a_program_gets_its_own_flags_and_the_ones_of_its_step() {
        let mut settings = Settings::default();
        for (flag, value) in [
            ("cluster", "prod"),
            ("service", "web"),
            ("until-rolled-back", "false"),
            ("repository", "team/app"),
        ] {
            settings.fill(flag, vec![value.into()], Origin::Flag);
        }
        let own = [("service", vec!["app".to_owned()])];
        let argv = settings.argv(&wait_healthy::command(), &own);
        assert_eq!(argv, ["wait-healthy", "--cluster=prod", "--service=app"]);
    }
}
