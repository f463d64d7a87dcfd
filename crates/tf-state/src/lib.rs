//! tf-state
