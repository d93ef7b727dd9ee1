//! The operator's page in Debian's Chromium. The tests write pictures to the folder `page` below `target`.

mod chromium;
mod session;

mod accessible;
mod harmless;
mod keyboard;
mod refresh;
mod story;

use std::collections::BTreeSet;
use std::sync::Mutex;

use djstripe_core::page::Access;
use djstripe_core::store::Timestamp;
use djstripe_core::{BoxError, Builder, Db, Djstripe, Event, stripe_receiver};
use djstripe_tests::{TestDatabase, registry};

use crate::page::{Server, product_event};

const SECRET: &str = crate::page::SECRET;

/// Products of which there are some again.
static IN_STOCK: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Fails while the product is out of stock.
#[stripe_receiver("product.updated", id = "warehouse::ship")]
async fn ship(event: Event, mut db: Db<'_>) -> Result<(), BoxError> {
    let product = event.json().split("\"id\":\"prod_").nth(1);
    let product = product
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    if event.json().contains("out of stock") && !IN_STOCK.lock().unwrap().contains(product) {
        return Err(format!("the warehouse has no prod_{product}").into());
    }
    db.after_commit("warehouse_note", &event.id()).await?;
    Ok(())
}

/// Looks at what changed, and is skipped otherwise.
#[stripe_receiver("product.updated", id = "warehouse::rename", when(changed("name")))]
async fn rename(_db: Db<'_>) {}

fn builder(database: &TestDatabase) -> Builder {
    let is_wanted = |id: &str| {
        id.starts_with("djstripe::") && id != "djstripe::x" || id.starts_with("warehouse::")
    };
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .receivers(registry::receivers(is_wanted))
        .effect("warehouse_note", async |_| Ok::<(), BoxError>(()))
        .keep_versions_of(["product"])
        .body_limit(16 << 20)
        .retry_schedule([])
}

/// A server whose operator, ann, may do everything.
async fn server(database: &TestDatabase) -> Server {
    Server::start(builder(database).build().await.unwrap(), Access::All).await
}

/// Delivers an event of now about `prod_…`, and runs its receivers.
async fn deliver(server: &Server, id: &str, product: &str, description: &str) {
    let event = product_event(id, &format!("prod_{product}"), description);
    let now = (Timestamp::now().micros() / 1_000_000).to_string();
    server.deliver(&event.replace("1700000000", &now)).await;
    server.app.work_until_idle().await.unwrap();
}
