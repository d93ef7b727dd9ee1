//! `chaos SEED EVENTS URL [RESTART COMMAND]`: one run on an empty database. `cargo xtask chaos`
//! runs it.

#![expect(clippy::print_stdout, reason = "a tool for developers")]

use djstripe_tests::chaos::{self, Chaos};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, events, url, restart @ ..] = &*arguments else {
        return Err("expected SEED EVENTS URL [RESTART COMMAND]".into());
    };
    let chaos = Chaos {
        seed: seed.parse()?,
        events: events.parse()?,
        program: chaos::sibling("counter")?,
        database_url: url.clone(),
        restart: restart.first().cloned(),
    };

    let report = chaos::run(&chaos).await?;
    println!("seed {seed}: {report:?}");

    let count = report.violations.len();
    if count == 0 {
        Ok(())
    } else {
        Err(format!("{count} violations of the invariant").into())
    }
}
