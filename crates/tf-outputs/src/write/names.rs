//! Names of outputs as names of variables. Terraform allows letters of any script and hyphens;
//! a shell, a CI system's environment and a dotenv report do not.

/// Why an output's name can be no variable.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum NameError {
    #[error(
        "output `{name}` can be no variable: its name has characters other than ASCII letters, digits, `_` and `-`"
    )]
    Characters { name: String },
    #[error("output `{name}` can be no variable: its name begins with a digit")]
    Digit { name: String },
    #[error("output `{name}` is named like the shell keyword `{variable}`")]
    Keyword { name: String, variable: String },
    #[error(
        "output `{name}` is named like the variable {variable}, which a shell or the CI system needs for itself"
    )]
    Reserved { name: String, variable: String },
    #[error("outputs `{first}` and `{second}` would both become the variable {variable}")]
    Collision {
        first: String,
        second: String,
        variable: String,
    },
}

impl NameError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let name = match self {
            NameError::Characters { name }
            | NameError::Digit { name }
            | NameError::Keyword { name, .. }
            | NameError::Reserved { name, .. } => name,
            NameError::Collision { second, .. } => second,
        };
        format!("give it another name with --map NEW_NAME={name}, or leave it out with --only")
    }
}

/// The variable of an output: its own name, with `-` written `_`.
pub fn variable_name(name: &str) -> Result<String, NameError> {
    let name_owned = || name.to_owned();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_part) {
        return Err(NameError::Characters { name: name_owned() });
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(NameError::Digit { name: name_owned() });
    }
    let variable = name.replace('-', "_");
    if KEYWORDS.contains(&variable.as_str()) {
        return Err(NameError::Keyword {
            name: name_owned(),
            variable,
        });
    }
    if is_reserved(&variable) {
        return Err(NameError::Reserved {
            name: name_owned(),
            variable,
        });
    }
    Ok(variable)
}

/// Every name as a variable; two outputs that meet in one are refused.
pub(super) fn all_variables(
    outputs: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, NameError> {
    let mut taken: Vec<(String, String)> = Vec::new();
    let mut variables = Vec::with_capacity(outputs.len());
    for (name, text) in outputs {
        let variable = variable_name(&name)?;
        if let Some((first, _)) = taken.iter().find(|(_, known)| *known == variable) {
            let first = first.clone();
            return Err(NameError::Collision {
                first,
                second: name,
                variable,
            });
        }
        taken.push((name, variable.clone()));
        variables.push((variable, text));
    }
    Ok(variables)
}

/// Reserved words of POSIX shells and of bash.
const KEYWORDS: [&str; 20] = [
    "if", "then", "elif", "else", "fi", "do", "done", "case", "esac", "while", "until", "for",
    "in", "function", "select", "time", "coproc", "export", "readonly", "local",
];

/// Variables whose change would turn what later commands do, or that bash does not take: it refuses
/// some and gives others (`SECONDS`) a value of its own.
const RESERVED: [&str; 39] = [
    "_",
    "BASHOPTS",
    "BASHPID",
    "CDPATH",
    "DIRSTACK",
    "EDITOR",
    "ENV",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GROUPS",
    "HISTCMD",
    "HOME",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "LINENO",
    "NODE_OPTIONS",
    "OLDPWD",
    "OPTERR",
    "OPTIND",
    "PAGER",
    "PATH",
    "PERL5OPT",
    "PPID",
    "PROMPT_COMMAND",
    "PS4",
    "PWD",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RANDOM",
    "RUBYOPT",
    "SECONDS",
    "SHELL",
    "SHELLOPTS",
    "SRANDOM",
    "UID",
];

/// Families of variables that belong to bash, to the loader and to CI systems.
const RESERVED_PREFIXES: [&str; 7] = [
    "LD_", "DYLD_", "GITHUB_", "RUNNER_", "ACTIONS_", "CI_", "BASH_",
];

fn is_reserved(variable: &str) -> bool {
    RESERVED.contains(&variable)
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| variable.starts_with(prefix))
}
