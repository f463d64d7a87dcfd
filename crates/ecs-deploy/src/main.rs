//! The program `ecs-deploy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ecs_deploy::main(std::env::args_os())
}
