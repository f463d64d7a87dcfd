//! ecr-push
