//! ecs-document
