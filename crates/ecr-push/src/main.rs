use std::process::ExitCode;

fn main() -> ExitCode {
    ecr_push::main(std::env::args_os())
}
