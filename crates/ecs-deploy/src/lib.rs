//! ecs-deploy
