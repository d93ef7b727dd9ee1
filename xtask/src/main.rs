//! Developer commands of this workspace.

mod test;

use std::process::ExitCode;

fn main() -> Result<ExitCode, test::TestError> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--").collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "test" => test::run(rest),
        _ => {
            eprintln!("usage: cargo xtask test [-- FILTER]");
            Ok(ExitCode::from(2))
        }
    }
}
