//! The command line of the business: `serve` is its web server, `check` says what is missing.

use std::process::ExitCode;

use djstripe_core::cli::Cli;

fn main() -> ExitCode {
    let plan = saas::Plan {
        price: std::env::var("SAAS_PRICE").unwrap_or_else(|_| "price_pro".to_owned()),
        url: std::env::var("SAAS_URL").unwrap_or_else(|_| "http://127.0.0.1:4242".to_owned()),
    };
    let builder = saas::builder(saas::Mailer::default());
    Cli::new(builder)
        .routes(|app| saas::routes(app, plan))
        .main()
}
