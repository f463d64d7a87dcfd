//! Reads the job from a table of variables, for the tests of the hosts. Only for tests.

use super::Ci;

/// What is found with these variables, each `NAME=VALUE` on its own line.
pub(super) fn ci(variables: &str) -> Ci {
    Ci::detect(|wanted| {
        let pairs = variables
            .lines()
            .filter_map(|line| line.trim().split_once('='));
        let mut found = pairs.filter(|(name, _)| *name == wanted);
        found.next().map(|(_, value)| value.to_owned())
    })
}
