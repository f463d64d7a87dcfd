//! wait-healthy
