//! Six programs in one file, selected by the program's name or by the first argument.

use std::process::ExitCode;

fn main() -> ExitCode {
    fargate_pipeline::main(std::env::args_os().collect())
}
