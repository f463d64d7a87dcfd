//! The entry point of the program. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    render_taskdef::main(std::env::args_os())
}
