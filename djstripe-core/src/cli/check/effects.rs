//! The effects: names that can't be told apart, and stored effects that nothing runs.

use super::findings::Findings;
use crate::app::Builder;
use crate::error::describe;
use crate::store::{Store, UnhandledEffects};

const POINT: &str = "effects";

pub(super) async fn check(builder: &Builder, store: &Store, findings: &mut Findings) {
    let handlers = match builder.effect_handlers() {
        Ok(handlers) => handlers,
        Err(error) => {
            let fix = "give one of them another `name`, then check again";
            findings.error(POINT, describe(&error), fix);
            return;
        }
    };
    let unhandled = match store.unhandled_effects(handlers.names()).await {
        Ok(unhandled) => unhandled,
        Err(error) => {
            findings.error(POINT, describe(&error), "see the database's log");
            return;
        }
    };

    for UnhandledEffects { name, count } in unhandled {
        let what = format!("{count} effects `{name}` wait, and nothing in this program runs them");
        let fix = format!(
            "declare one with `#[stripe_effect(name = \"{name}\")]` or `.effect(\"{name}\", ..)`, or give them up: \
             `effects discard --state pending --name {name}`"
        );
        findings.error(POINT, what, fix);
    }
}
