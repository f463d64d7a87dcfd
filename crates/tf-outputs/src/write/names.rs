//! Converts names of outputs to names of variables. Terraform allows hyphens and the letters of any
//! script; a shell, an environment and a dotenv report do not.
//!
//! Decided here: which names are reserved.

/// Why an output cannot become a variable.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum NameError {
    #[error(
        "output `{name}` cannot become a variable: its name may contain only ASCII letters, digits, `_` and `-`"
    )]
    Characters { name: String },
    #[error("output `{name}` cannot become a variable: its name starts with a digit")]
    Digit { name: String },
    #[error("output `{name}` cannot become a variable: `{variable}` is a shell keyword")]
    Keyword { name: String, variable: String },
    #[error(
        "output `{name}` cannot become a variable: {variable} is reserved for the shell or the CI system"
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
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> String {
        let name = match self {
            NameError::Characters { name }
            | NameError::Digit { name }
            | NameError::Keyword { name, .. }
            | NameError::Reserved { name, .. } => name,
            NameError::Collision { second, .. } => second,
        };
        format!("rename it with --map NEW_NAME={name}, or omit it with --only NAME,…")
    }
}

/// Returns the variable for an output: its name, with `_` for each `-`.
///
/// # Errors
/// The name is not valid for a variable, or is reserved.
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

/// Converts every name to a variable, and rejects two outputs with the same variable.
pub(super) fn to_variables(
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

/// Variables that change how later commands work, or that bash does not accept: it rejects some of
/// them, and sets others (`SECONDS`) itself.
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

/// Prefixes of variables that belong to bash, the dynamic loader or a CI system.
const RESERVED_PREFIXES: [&str; 8] = [
    "LD_",
    "DYLD_",
    "GITHUB_",
    "RUNNER_",
    "ACTIONS_",
    "CI_",
    "BITBUCKET_",
    "BASH_",
];

fn is_reserved(variable: &str) -> bool {
    RESERVED.contains(&variable)
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| variable.starts_with(prefix))
}
