//! `--receiver RECEIVER`: ids of receivers on the command line.

use super::exit::{CommandError, UsageError};
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::webhook::spelling;

/// Refuses an id that this program's receivers don't have.
pub(super) fn check_registered(registry: &Registry, id: &str) -> Result<(), UsageError> {
    let ids: Vec<&str> = registry.receivers().iter().map(|it| it.id).collect();
    if ids.contains(&id) {
        return Ok(());
    }
    let help = match nearest(&ids, id) {
        None => "; `receivers` lists them".to_owned(),
        meant => spelling::suggestion(meant),
    };
    Err(UsageError(format!(
        "this program has no receiver `{id}`{help}"
    )))
}

/// As [`check_registered`], but a receiver of another program or of an earlier release passes if it has
/// run here.
pub(super) async fn check_receiver(
    store: &Store,
    registry: &Registry,
    id: &str,
) -> Result<(), CommandError> {
    match check_registered(registry, id) {
        Err(error) if !store.has_runs_of(id).await? => Err(error.into()),
        _ => Ok(()),
    }
}

/// The id that was probably meant: one that ends in these words, or one with a typing mistake.
fn nearest<'i>(ids: &[&'i str], id: &str) -> Option<&'i str> {
    let ending = format!("::{id}");
    let longer = ids.iter().find(|known| known.ends_with(&ending));
    longer.or_else(|| spelling::nearest(ids, id)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_that_was_meant_is_found() {
        let ids = ["shop::ship", "shop::thank", "djstripe::handle_account"];
        let check = |id: &str, expected| assert_eq!(nearest(&ids, id), expected, "{id}");
        check("ship", Some("shop::ship"));
        check("shop::shp", Some("shop::ship"));
        check("shop:thank", Some("shop::thank"));
        check("shop::refund", None);
        check("", None);
    }
}
