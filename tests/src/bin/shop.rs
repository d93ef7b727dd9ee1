//! The shop of the on-call page. Its receiver can't ship invoices without an address until the second
//! release, which `SHOP_RELEASE=2` stands for.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use djstripe_core::models::Invoice;
use djstripe_core::{Db, Djstripe, Object, stripe_receiver};

#[stripe_receiver("invoice.paid", id = "shop::ship")]
async fn ship(invoice: Object<Invoice>, _orders: Db<'_>) -> io::Result<()> {
    if std::env::var("SHOP_RELEASE").is_ok_and(|release| release == "2") {
        return Ok(());
    }
    let id = invoice.id.as_deref().unwrap_or_default();
    Err(io::Error::other(format!("invoice {id} has no address")))
}

fn main() -> ExitCode {
    // Nothing is retried while somebody reads.
    let builder = Djstripe::builder().retry_schedule([Duration::from_secs(60 * 60); 7]);
    djstripe_core::cli::main(builder)
}
