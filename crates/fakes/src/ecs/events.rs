//! The events of a service.

use std::time::Duration;

use super::state::Event;
use crate::world::World;

/// An event of a service, with AWS's prefix.
pub(crate) fn event(world: &mut World, service: &str, message: &str) {
    let id = world.ids.uuid();
    let now = world.now;
    let Some(service) = world.ecs.service_mut(service) else {
        return;
    };
    // Events of the same moment differ by a millisecond, like those of AWS.
    let at = match service.events.front() {
        Some(last) if last.at >= now => last.at + Duration::from_millis(1),
        _ => now,
    };
    let message = format!("(service {}) {message}", service.name);
    service.events.push_front(Event { id, at, message });
    service.events.truncate(100);
}
