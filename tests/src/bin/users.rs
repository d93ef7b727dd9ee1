//! An application with a table of five users.

use std::process::ExitCode;

use djstripe_core::Djstripe;
use djstripe_tests::users::Users;

fn main() -> ExitCode {
    djstripe_core::cli::main(
        Djstripe::builder()
            .migrations(Users::migrations(5))
            .mirror(Users::settings()),
    )
}
