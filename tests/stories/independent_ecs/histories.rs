//! All histories, by kind.

mod connections;
mod failures;
mod permissions;
mod services;
mod successes;
mod traffic;

use super::history::History;

/// All histories.
pub fn all() -> Vec<History> {
    let mut all = successes::all();
    all.extend(traffic::all());
    all.extend(failures::all());
    all.extend(permissions::all());
    all.extend(connections::all());
    all.extend(services::all());
    all
}

/// Histories that take longer than a minute.
pub fn long() -> Vec<History> {
    services::long()
}
