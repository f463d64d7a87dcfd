//! The meaning of a container's exit code.
//!
//! Decided here: what a number means by convention. Never here: whether a task failed.

/// The meaning of the number by the conventions of shells and Linux signals. `None` if only the program
/// defines it.
pub fn meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "success",
        1 => "error",
        2 => "error, often wrong usage or arguments",
        125 => "the container runtime could not run it",
        126 => "the command is not executable",
        127 => "the command was not found",
        128 => "invalid exit code",
        129 => "SIGHUP",
        130 => "SIGINT: interrupted",
        132 => "SIGILL: an instruction that this CPU does not support",
        134 => "SIGABRT: the program aborted itself, e.g. after a failed assertion",
        135 => "SIGBUS: bad memory access",
        136 => "SIGFPE: arithmetic error",
        137 => "SIGKILL: killed, by the memory limit or because it ignored SIGTERM",
        139 => "SIGSEGV: segmentation fault",
        141 => "SIGPIPE",
        143 => "SIGTERM: stopped on request",
        255 => "error, often an exit code out of range or a command that could not be executed",
        _ => return None,
    })
}

/// The meaning of the exit code; the container's own reason shows whether memory ran out.
pub fn meaning_with_reason(code: Option<i64>, reason: Option<&str>) -> Option<String> {
    let code = code?;
    if code == 137 && reason.is_some_and(|r| r.contains("OutOfMemory")) {
        return Some("SIGKILL: out of memory".to_owned());
    }
    meaning(code).map(str::to_owned)
}
