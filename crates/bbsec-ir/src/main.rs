//! `bbsec-ir`, the program. All of it is in the library, so that it can be linked in more than one way.

use std::process::ExitCode;

fn main() -> ExitCode {
    bbsec_ir::main()
}
