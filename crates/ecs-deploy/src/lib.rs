//! `ecs-deploy`: makes an ECS service be what its files say, and touches nothing else.

pub mod declare;
pub mod plan;
