//! Effects at start: those whose arguments can't be made, and stored ones that nothing runs.

use super::build_error::BuildError;
use crate::receiver::context::Context;
use crate::receiver::effects::EffectInfo;
use crate::store::{EffectNames, Store, StoreError};

/// Refuses to start with an effect whose arguments can't be made.
pub(super) fn check(effects: &[&'static EffectInfo], context: &Context) -> Result<(), BuildError> {
    for effect in effects {
        (effect.check)(context).map_err(|source| BuildError::Effect {
            effect: effect.name,
            location: effect.location,
            source: Box::new(source),
        })?;
    }
    Ok(())
}

/// Warns of stored effects that the application can't run.
pub(super) async fn warn_of_unhandled(
    store: &Store,
    names: &EffectNames,
) -> Result<(), StoreError> {
    for unhandled in store.unhandled_effects(names).await? {
        tracing::warn!(
            effect = unhandled.name,
            count = unhandled.count,
            "stored effects have a name that nothing runs; they wait until a release has an effect of this name, \
             or until `effects discard`"
        );
    }
    Ok(())
}
