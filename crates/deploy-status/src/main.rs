use std::process::ExitCode;

fn main() -> ExitCode {
    deploy_status::main(std::env::args_os())
}
