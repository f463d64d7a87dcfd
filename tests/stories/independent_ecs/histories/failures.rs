//! Deployments that fail, are stopped or are replaced.

use super::super::history::{History, history};
use super::super::state::State;

const SECRET: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-central-1:123456789012:secret:web/db-AbCdEf from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/exec/0123 is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-central-1:123456789012:secret:web/db-AbCdEf because no identity-based policy allows the secretsmanager:GetSecretValue action";
const IMAGE: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:2: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:2: not found";
const ELB: &str = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/0123456789abcdef)";

fn never_starts(reason: &'static str) -> impl Fn(&mut State) + Send + Clone {
    move |state| state.fail_task("TaskFailedToStart", reason, None, None)
}

pub fn all() -> Vec<History> {
    vec![
        history("a crashing program is rolled back").breaks(|s| s.crash(3))
            .ends(6, &["container app exited with code 3", "web:1 keeps running", "fatal: no database"])
            .because("crashed"),
        history("a program that needs too much memory").breaks(|s| {
            s.run();
            let reason = "OutOfMemoryError: Container killed due to memory usage";
            s.fail_task("EssentialContainerExited", "Essential container in task exited", Some(137), Some(reason));
        })
            .ends(6, &["memory"]).because("out-of-memory"),
        history("an image that does not exist").breaks(never_starts(IMAGE))
            .ends(6, &["rolled back: ", "does not exist"]).because("image-missing"),
        history("a secret that may not be read").breaks(never_starts(SECRET))
            .ends(6, &["secretsmanager:GetSecretValue"]).because("secret-denied"),
        history("the load balancer refuses the tasks").breaks(|s| {
            s.refuse();
            s.fail_task("ServiceSchedulerInitiated", ELB, Some(143), None);
            s.refuse();
        })
            .ends(6, &["[503]"]).because("health-check-error"),
        history("until rolled back").breaks(|s| s.crash(3)).wait(&["--until-rolled-back"])
            .ends(6, &["was rolled back"]).because("crashed"),
        history("the breaker triggers and no rollback is configured").rolls_back(false)
            .at(0.2, State::start).at(0.6, |s| s.crash(3)).at(1.0, |s| s.crash(3)).at(1.4, State::trigger_breaker)
            .ends(5, &["container app exited with code 3", "the circuit breaker tripped, and no rollback is configured"])
            .because("crashed"),
        history("a first deployment cannot be rolled back").first()
            .at(0.2, State::start).at(0.6, |s| s.crash(3)).at(1.0, |s| s.crash(3)).at(1.4, State::trigger_breaker)
            .at(1.6, |s| s.roll_back("Service deployment rolled back because the circuit breaker threshold was exceeded."))
            .at(2.0, |s| s.our().reason = Some("No rollback candidate was found to run the rollback.".to_owned()))
            .at(2.1, |s| s.end_rollback(false))
            .ends(5, &["container app exited with code 3", "first deployment"]).because("crashed"),
        history("the rollback fails, too").breaks(|s| s.crash(3)).wait(&["--until-rolled-back"])
            .at(6.05, |s| s.our().status = "ROLLBACK_FAILED")
            .ends(5, &["could not be rolled back"]).because("crashed"),
        history("fail-fast decides before ECS does").tasks(1)
            .at(0.2, State::start).at(0.6, |s| s.crash(3)).at(1.0, |s| s.crash(3))
            .wait(&["--fail-fast", "2"])
            .ends(5, &["decided by --fail-fast 2"]).because("crashed"),
        history("superseded by a new revision")
            .at(0.3, State::start).at(1.0, State::run)
            .at(2.0, |s| s.supersede("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:3"))
            .ends(7, &["was superseded by"]),
        history("superseded by the same revision")
            .at(0.3, State::start).at(1.0, State::run)
            .at(2.0, |s| s.supersede("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:2"))
            .ends(7, &["was superseded by"]),
        history("superseded by a rollback to the old revision")
            .at(0.3, State::start).at(1.0, State::run)
            .at(2.0, |s| s.supersede("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1"))
            .ends(7, &["was superseded by"]),
        history("stopped by a person")
            .at(0.3, State::start).at(1.0, State::run)
            .at(2.0, |s| s.stop(Some("Service deployment stopped by a request.")))
            .ends(5, &["was stopped"]),
        history("rolled back by a person")
            .at(0.3, State::start).at(1.0, State::run)
            .at(2.0, |s| s.roll_back("Service deployment rolled back by a request.")).at(3.0, |s| s.end_rollback(true))
            .ends(6, &["rolled back"]),
        history("it never finishes").at(0.3, State::start).at(1.0, State::run)
            .wait(&["--timeout", "5s"])
            .ends(8, &["did not finish within 5 s; it continues"]),
    ]
}
