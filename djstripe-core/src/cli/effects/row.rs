//! A stored effect as a line and as JSON.

use serde_json::{Value, json};

use crate::store::{EffectNames, EffectState, StoredEffect};

/// Whether the effect is still to run and the program has nothing that runs it.
pub(super) fn is_unhandled(effect: &StoredEffect, names: &EffectNames) -> bool {
    EffectState::UNFINISHED.contains(&effect.state) && !names.contains(&effect.effect)
}

pub(super) fn line(effect: &StoredEffect, names: &EffectNames) -> String {
    let unhandled = if is_unhandled(effect, names) {
        "nothing in this program runs it  "
    } else {
        ""
    };
    let error = effect.last_error.as_deref().unwrap_or_default();
    format!(
        "{}  {:<9}  {:<30}  {}  {}  {}  {unhandled}{error}",
        effect.created_at,
        effect.state,
        effect.effect,
        effect.key,
        effect.event_id,
        effect.receiver
    )
}

pub(super) fn to_json(effect: &StoredEffect, names: &EffectNames) -> Value {
    json!({
        "key": effect.key,
        "name": effect.effect,
        "state": effect.state.as_str(),
        "event": effect.event_id,
        "receiver": effect.receiver,
        "attempts": effect.attempts,
        "handled": names.contains(&effect.effect),
        "last_error": effect.last_error,
        "next_attempt_at": effect.next_attempt_at.map(|time| time.to_string()),
        "created_at": effect.created_at.to_string(),
        "done_at": effect.done_at.map(|time| time.to_string()),
        "discarded_at": effect.discarded_at.map(|time| time.to_string()),
    })
}
