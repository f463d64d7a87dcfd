//! The program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    render_taskdef::main(std::env::args_os())
}
