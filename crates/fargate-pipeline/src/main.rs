//! Six programs in one file, chosen by the name it is called by or by its first argument.

use std::process::ExitCode;

fn main() -> ExitCode {
    fargate_pipeline::main(std::env::args_os().collect())
}
