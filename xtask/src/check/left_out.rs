//! The tests that `cargo xtask check` leaves out, and what each of them needs. All other tests are
//! quick: they need neither root nor a foreign program, and take a few seconds.

/// A row of the table.
pub struct LeftOut {
    /// The name under which the suite is shown, e.g. `ecr-push it`.
    pub suite: &'static str,
    /// A module or a test: every test whose name starts with this.
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

const ENGINE: &str = "requires dockerd and root";
const REGISTRY: &str = "requires docker-registry and skopeo";
const BOTOCORE: &str = "requires botocore";
const MOTO: &str = "requires moto";
const ACT: &str = "requires act, which runs workflows";
const TOOLS: &str = "requires linters or a CI system's programs";
const TERRAFORM: &str = "requires terraform and moto";
const SLOW: &str = "takes long: it tries many cases";
const WAITS: &str = "takes long: it waits for timeouts in real time";

/// Sorted by suite.
pub const LEFT_OUT: [LeftOut; 45] = [
    row("deploy-status it", "untrusted::no_text_breaks_out", SLOW),
    row("ecr-push it", "engine::", ENGINE),
    row("ecr-push it", "faults::", SLOW),
    row("ecr-push it", "hostile::", REGISTRY),
    row("ecr-push it", "killed::", REGISTRY),
    row("ecr-push it", "saved::", REGISTRY),
    row("ecr-push it", "straight::", REGISTRY),
    row("ecs-deploy it", "ci_run::", WAITS),
    row("ecs-deploy it", "faults::", SLOW),
    row("ecs-deploy it", "killed::", SLOW),
    row("ecs-deploy it", "members::each_", SLOW),
    row("ecs-deploy it", "refuses::a_refused_connection_", WAITS),
    row("ecs-deploy it", "refuses::throttled_", WAITS),
    row("ecs-deploy it", "tasks::", WAITS),
    row("fakes it", "client::", BOTOCORE),
    row("fakes it", "conformance", BOTOCORE),
    row(
        "rollout it",
        "histories::no_history_gets_a_wrong_verdict",
        SLOW,
    ),
    row("stories stories", "actions::approvals::", ACT),
    row("stories stories", "actions::builders::", TOOLS),
    row("stories stories", "actions::examples::", ACT),
    row("stories stories", "actions::gitlab::", TOOLS),
    row("stories stories", "actions::hostile::", ACT),
    row("stories stories", "actions::jenkins::", TOOLS),
    row("stories stories", "actions::lint::", TOOLS),
    row("stories stories", "actions::verbs::", ACT),
    row("stories stories", "actions::whole::", ACT),
    row("stories stories", "chaos::", SLOW),
    row("stories stories", "demo::with_docker_", ENGINE),
    row("stories stories", "image::", REGISTRY),
    row("stories stories", "independent_ecs::every_history_", WAITS),
    row("stories stories", "moto::", MOTO),
    row("stories stories", "replaced::", ENGINE),
    row("stories stories", "spelling::", TOOLS),
    row("tf-outputs it", "fuzz::", SLOW),
    row("tf-outputs it", "large::", SLOW),
    row("tf-outputs it", "real::", TERRAFORM),
    row("wait-healthy it", "histories::", SLOW),
    row("wait-healthy it", "limits::", WAITS),
    row("wait-healthy it", "long::", SLOW),
    row("wait-healthy it", "probe::", WAITS),
    row("wait-healthy it", "request_rate::", WAITS),
    row("wait-healthy it", "rollback::", WAITS),
    row("wait-healthy it", "slow_aws::", WAITS),
    row(
        "xtask unit",
        "regenerate::service_model::tests::the_checked_in_table_is_botocores",
        BOTOCORE,
    ),
    row("xtask unit", "release::", SLOW),
];

/// The row that leaves out a test.
pub fn leaves_out(suite: &str, test: &str) -> Option<usize> {
    let matches = |row: &LeftOut| row.suite == suite && test.starts_with(row.tests);
    LEFT_OUT.iter().position(matches)
}

#[cfg(test)]
mod tests {
    use super::{LEFT_OUT, leaves_out};

    #[test]
    fn a_row_leaves_out_its_suites_tests_and_no_others() {
        let needs = |suite, test| leaves_out(suite, test).map(|row| LEFT_OUT[row].needs);
        let engine = needs("ecr-push it", "engine::a_daemon_is_read");
        assert_eq!(engine, Some("requires dockerd and root"));
        assert_eq!(needs("ecs-deploy it", "engine::a_daemon_is_read"), None);
        assert_eq!(
            needs("ecr-push it", "docker_engine::a_daemon_is_read"),
            None
        );
    }

    #[test]
    fn the_rows_are_in_order_and_none_covers_another() {
        let key = |row: usize| (LEFT_OUT[row].suite, LEFT_OUT[row].tests);
        for next in 1..LEFT_OUT.len() {
            assert!(key(next - 1) < key(next), "{:?}", key(next));
        }
        for (index, row) in LEFT_OUT.iter().enumerate() {
            assert_eq!(
                leaves_out(row.suite, row.tests),
                Some(index),
                "{}",
                row.tests
            );
        }
    }
}
