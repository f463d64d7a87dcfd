//! The demo with real containers: ministack on a Docker engine.

use std::path::Path;

pub fn run(_scratch: &Path) -> Result<(), String> {
    Err("not yet".to_owned())
}
