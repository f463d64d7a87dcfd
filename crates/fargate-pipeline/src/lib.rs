//! fargate-pipeline
