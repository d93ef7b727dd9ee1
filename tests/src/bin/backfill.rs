//! `backfill race|speed|memory|limit URL SIZE`: one measurement on an empty database, printed as
//! JSON. `cargo xtask backfill` runs it.

#![expect(clippy::print_stdout, reason = "a tool for developers")]

use djstripe_tests::backfill::{self, Backfill, measure, stripe::Sizes};
use djstripe_tests::chaos::sibling;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, url, size] = &*arguments else {
        return Err("expected race|speed|memory|limit, URL and SIZE".into());
    };

    let (program, size) = (sibling("counter")?, size.parse::<usize>()?);
    let answer = match &**command {
        "race" => {
            let sizes = Sizes {
                customers: size,
                products: size,
                subscriptions: size / 4,
                accounts: 3,
            };
            let database_url = url.clone();
            let plan = Backfill {
                seed: 1,
                sizes,
                faults: 0.02,
                kills: 5,
                program,
                database_url,
            };

            let report = backfill::run(&plan).await?;
            for violation in report.violations.iter().take(20) {
                eprintln!("{violation}");
            }
            json!({
                "kills": report.kills,
                "webhooks": report.webhooks,
                "verified": report.verified,
                "pages": report.pages,
                "pages_needed": sizes.pages(),
                "most_for_one_page": report.most_for_one_page,
                "seconds": report.took.as_secs_f64(),
                "broken": report.violations.len(),
            })
        }
        "speed" => measure::speed(&program, url, size).await?,
        "memory" => measure::memory(&program, url, size).await?,
        "limit" => measure::limit(url, size).await?,
        _ => return Err("expected race, speed, memory or limit".into()),
    };

    println!("{answer}");
    Ok(())
}
