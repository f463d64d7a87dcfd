//! render-taskdef
