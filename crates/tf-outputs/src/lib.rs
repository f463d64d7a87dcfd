//! tf-outputs
