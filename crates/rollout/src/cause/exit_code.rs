//! What a container's exit code means.

/// What the number says by itself: the conventions of shells and of Linux signals. `None` for a
/// number that only the program knows.
pub fn meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "ended without an error",
        1 => "error",
        2 => "error (often wrong usage or arguments)",
        125 => "the container runtime could not run it",
        126 => "the command is not executable",
        127 => "the command was not found",
        128 => "invalid exit code",
        129 => "SIGHUP",
        130 => "SIGINT: interrupted",
        132 => "SIGILL: an instruction that this CPU does not have",
        134 => "SIGABRT: the program gave up, as after a failed assertion",
        135 => "SIGBUS: bad memory access",
        136 => "SIGFPE: arithmetic error",
        137 => "SIGKILL: killed, by the memory limit or because it ignored SIGTERM",
        139 => "SIGSEGV: segmentation fault",
        141 => "SIGPIPE",
        143 => "SIGTERM: asked to stop",
        255 => "error (out of range, or the command could not be executed)",
        _ => return None,
    })
}

/// The meaning with the container's own reason considered: memory is only named there.
pub fn meaning_with_reason(code: Option<i64>, reason: Option<&str>) -> Option<String> {
    let code = code?;
    if code == 137 && reason.is_some_and(|r| r.contains("OutOfMemory")) {
        return Some("SIGKILL: out of memory".to_owned());
    }
    meaning(code).map(str::to_owned)
}
