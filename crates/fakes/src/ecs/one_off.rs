//! Tasks of RunTask: each follows the next one-off script.

use super::script::{Change, OneOff, OneOffStep};
use super::state::Subject;
use super::task;
use crate::world::World;

/// Schedules the next one-off script for this task; without a script it exits with code 0.
pub(crate) fn follow(world: &mut World, arn: &str) {
    let script = world
        .ecs
        .one_offs
        .pop_front()
        .unwrap_or_else(|| OneOff::exits(0));
    let now = world.now;
    let runs = script.stop.code != Some("TaskFailedToStart");
    let mut steps = vec![(0.1, OneOffStep::Pull)];
    if runs {
        steps.push((0.3, OneOffStep::Run));
        if !script.logs.is_empty() {
            steps.push((0.6, OneOffStep::Log(script.logs)));
        }
    }
    steps.push((1.0, OneOffStep::Stop(script.stop)));
    for (fraction, step) in steps {
        let at = now + script.over.mul_f64(fraction);
        let subject = Subject::Task(arn.to_owned());
        world.ecs.plan(at, subject, Change::OneOff(step));
    }
}

/// Applies one step of the script.
pub(crate) fn step(world: &mut World, arn: &str, step: OneOffStep) {
    match step {
        OneOffStep::Pull => task::pull(world, arn),
        OneOffStep::Run => task::run(world, arn),
        OneOffStep::Log(lines) => task::log(world, arn, &lines),
        OneOffStep::Stop(stop) => task::stop(world, arn, &stop),
    }
}
