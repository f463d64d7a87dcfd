use std::process::ExitCode;

fn main() -> ExitCode {
    tf_outputs::main(std::env::args_os())
}
