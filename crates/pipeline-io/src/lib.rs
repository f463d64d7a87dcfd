//! How a step of a pipeline communicates with the person or the CI host that runs it: arguments and
//! their variables, the result on stdout, everything else on stderr, the CI host's outputs, masks,
//! groups, annotations and summary, and the table of exit codes.
//!
//! Decided here: the structure of a result file, how an error is printed, and how untrusted text is
//! made harmless. Never here: what a verb does, or anything about AWS, registries or the network.

mod args;
mod ci;
mod commands;
mod exit;
mod failure;
mod files;
mod interrupt;
mod mask;
mod nested;
mod progress;
mod result;
mod run;
mod secret;
mod severity;
mod stdout;
mod step;
mod untrusted;
mod usage;

pub use args::{Format, StepArgs, apply_environment};
pub use ci::{Ci, CiHost, ForgeApi, GITHUB_API, GITLAB_API, Job, JobToken, OidcToken};
pub use exit::Exit;
pub use failure::{Error, Failure, SourceLocation};
pub use files::{FileError, is_utf16, read_text, write_atomically, write_secret};
pub use interrupt::Interrupt;
pub use nested::{StepOutcome, check_results, check_step, run_step};
pub use progress::{Bar, Live, Progress};
pub use result::{StepError, StepResult};
pub use run::{Done, Verb, run};
pub use secret::{Secret, SecretError, secret_from_variable_or_file};
pub use severity::Severity;
pub use stdout::{StdoutError, write_stdout};
pub use step::{Group, Step};
pub use untrusted::{command_free_text, fence_for_ci, plain_line};
