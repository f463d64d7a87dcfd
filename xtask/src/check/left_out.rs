//! The tests that `cargo xtask check` leaves out, and what each of them needs. A test that is in no
//! row is quick: it needs neither root nor a program that is not ours, and takes a few seconds.

/// A row of the table.
pub struct LeftOut {
    /// As the suite is shown, e.g. `ecr-push it`.
    pub suite: &'static str,
    /// A module or a test; every name that begins so.
    pub tests: &'static str,
    /// Why it is left out.
    pub needs: &'static str,
}

const fn row(suite: &'static str, tests: &'static str, needs: &'static str) -> LeftOut {
    LeftOut {
        suite,
        tests,
        needs,
    }
}

const REGISTRY: &str = "needs docker-registry or skopeo";
const BOTOCORE: &str = "needs botocore";

pub const LEFT_OUT: [LeftOut; 3] = [
    row("ecr-push it", "engine::", "needs dockerd, and root"),
    row("ecr-push it", "straight::", REGISTRY),
    row(
        "xtask unit",
        "regenerate::service_model::tests::the_checked_in_table_is_botocores",
        BOTOCORE,
    ),
];

/// The row that leaves a test out.
pub fn leaves_out(suite: &str, test: &str) -> Option<usize> {
    let matches = |row: &LeftOut| row.suite == suite && test.starts_with(row.tests);
    LEFT_OUT.iter().position(matches)
}
