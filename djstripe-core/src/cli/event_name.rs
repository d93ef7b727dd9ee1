//! `--type EVENT`: names of events on the command line.

use super::exit::{CommandError, UsageError};
use crate::store::{EventFilter, Store};
use crate::webhook::event_name::EventName;

/// Refuses a name that neither the catalogue nor the database has. A misspelt name would select
/// nothing, as if there were no such events.
pub(super) async fn check_event_name(store: &Store, name: &str) -> Result<(), CommandError> {
    if EventName::new(name).is_known() {
        return Ok(());
    }

    // The database may have events that the catalogue doesn't list: newer ones, and backfilled ones.
    let with_name = EventFilter {
        name: Some(name.to_owned()),
        limit: Some(1),
        ..EventFilter::default()
    };
    if !store.events(&with_name).await?.is_empty() {
        return Ok(());
    }
    let nearest = EventName::nearest(name);
    let nearest = nearest.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
    Err(UsageError(format!("`{name}` is not a Stripe event{nearest}")).into())
}
