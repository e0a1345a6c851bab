//! The program once more: `cargo xtask test` links it statically and runs it where there is no other file.

use std::process::ExitCode;

fn main() -> ExitCode {
    bbsec_ir::main()
}
