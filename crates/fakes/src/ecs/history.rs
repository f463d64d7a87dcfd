//! Stale reads (eventual consistency): a read sees the state of some time ago, and a
//! later read may see an older one.

use std::sync::Arc;
use std::time::Duration;

use super::state::State;
use crate::world::World;

/// Keeps the present state if reads may lag.
pub(crate) fn keep(world: &mut World) {
    let lag = world.ecs.history.lag;
    if lag.is_zero() {
        return;
    }
    let mut history = std::mem::take(&mut world.ecs.history);
    let now = world.now;
    history.past.push_back((now, Arc::new(world.ecs.clone())));
    // Keep one state that is older than the lag: a read of that age sees it.
    while history.past.len() > 1 && now.duration_since(history.past[1].0).unsigned_abs() > lag {
        history.past.pop_front();
    }
    world.ecs.history = history;
}

/// The past state that a read sees instead of the present one if reads may lag.
pub(crate) fn seen(world: &mut World) -> Option<Arc<State>> {
    let lag = world.ecs.history.lag;
    if lag.is_zero() {
        return None;
    }
    let behind = Duration::from_millis(world.ids.below(lag.as_millis() as u64 + 1));
    let moment = world.now - behind;
    let past = &world.ecs.history.past;
    let last = past.iter().rev().find(|(at, _)| *at <= moment);
    last.or_else(|| past.front())
        .map(|(_, state)| Arc::clone(state))
}
