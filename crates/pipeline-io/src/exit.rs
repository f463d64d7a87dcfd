//! The table of exit codes. Scripts rely on it, so a number never changes its meaning.

/// How a step ended. The number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing to do, or the requested stage was reached.
    Done = 0,
    /// A bug in the program: please report it.
    Bug = 1,
    /// Wrong usage or invalid input.
    Invalid = 2,
    /// Something that the input names does not exist.
    NotFound = 3,
    /// Not allowed, or no usable credentials.
    Denied = 4,
    /// The deployment failed, was stopped without a rollback, its rollback failed, or a check did not
    /// pass.
    Failed = 5,
    /// The deployment is being rolled back, or was rolled back.
    RolledBack = 6,
    /// Another deployment replaced this one, or another writer was faster.
    Superseded = 7,
    /// The deadline passed.
    TimedOut = 8,
    /// The server could not be reached, or throttled every attempt.
    Unreachable = 9,
    /// The deployment is paused and waits for a person (only if that was requested).
    Paused = 10,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl Exit {
    /// The whole table, in the order of its codes.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Bug,
        Self::Invalid,
        Self::NotFound,
        Self::Denied,
        Self::Failed,
        Self::RolledBack,
        Self::Superseded,
        Self::TimedOut,
        Self::Unreachable,
        Self::Paused,
        Self::Interrupted,
    ];

    /// The process's exit code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The verdict in a result file if the verb has none of its own.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Bug => "bug",
            Self::Invalid => "invalid",
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::RolledBack => "rolled-back",
            Self::Superseded => "superseded",
            Self::TimedOut => "timed-out",
            Self::Unreachable => "unreachable",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_table_is_the_published_one() {
        let table: Vec<(u8, &str)> = Exit::ALL.iter().map(|e| (e.code(), e.name())).collect();
        assert_eq!(
            table,
            [
                (0, "done"),
                (1, "bug"),
                (2, "invalid"),
                (3, "not-found"),
                (4, "denied"),
                (5, "failed"),
                (6, "rolled-back"),
                (7, "superseded"),
                (8, "timed-out"),
                (9, "unreachable"),
                (10, "paused"),
                (130, "interrupted"),
            ]
        );
    }
}
