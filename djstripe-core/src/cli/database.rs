//! Opening the database for commands that read it.

use super::exit::CommandError;
use crate::app::Builder;
use crate::store::Store;

/// Opens the database; fails if migrations are pending, or if a newer program's don't fit this one.
pub(super) async fn open_migrated(builder: &Builder) -> Result<Store, CommandError> {
    let store = builder.open_store().await?;
    let (pending, _) = store.compatible_migrations().await?;

    match pending.first() {
        None => Ok(store),
        Some(first) => {
            let more = pending.len() - 1;
            let pending = format!("the database lacks migration {first} and {more} more");
            Err(format!("{pending}; run the `migrate` command first").into())
        }
    }
}
