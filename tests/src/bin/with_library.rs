//! A program that names the library crate, but nothing inside it.

use std::process::ExitCode;

use djstripe_core::Djstripe;
use djstripe_test_library as _;

fn main() -> ExitCode {
    djstripe_core::cli::main(Djstripe::builder())
}
