//! The functions that run an application's effects, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::effect::Effect;
use super::info::{EffectFuture, EffectInfo, EffectRegistration};
use super::options::EffectOptions;
use crate::error::BoxError;
use crate::receiver::error::ReceiverError;
use crate::receiver::info::Location;
use crate::receiver::runner::DEFAULT_TIMEOUT;
use crate::store::EffectNames;

/// Runs one effect.
type Call = Arc<dyn Fn(&Effect) -> EffectFuture + Send + Sync>;

/// The function that runs the effects of one name.
#[derive(Clone)]
pub(crate) struct EffectHandler {
    pub(crate) call: Call,
    pub(crate) options: EffectOptions,
}

impl EffectHandler {
    /// A function that the application gave to the builder.
    pub(crate) fn new<F, E>(
        options: EffectOptions,
        run: impl Fn(Effect) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let call: Call = Arc::new(move |effect: &Effect| -> EffectFuture {
            let running = run(effect.clone());
            Box::pin(async move {
                let result = running.await;
                result.map_err(|error| ReceiverError::Failed(error.into()))
            })
        });
        Self { call, options }
    }

    /// A function with `#[stripe_effect]`.
    fn declared(info: &'static EffectInfo) -> Self {
        Self {
            call: Arc::new(info.call),
            options: info.options.clone(),
        }
    }

    /// Time limit of one run.
    pub(crate) fn timeout(&self) -> Duration {
        self.options.timeout.unwrap_or(DEFAULT_TIMEOUT)
    }
}

/// Two effects have the same name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "two effects have the name `{name}`, at {first} and at {second}; give one of them `name = \"…\"`"
)]
pub struct DuplicateEffect {
    /// The name.
    pub name: &'static str,
    /// Position of the first effect.
    pub first: Location,
    /// Position of the second effect.
    pub second: Location,
}

/// The effects that `#[stripe_effect]` registered in this program.
pub(crate) fn registered() -> Vec<&'static EffectInfo> {
    let registrations = inventory::iter::<EffectRegistration>();
    registrations.map(|registration| registration.0).collect()
}

/// The effects that an application can run, by name.
#[derive(Clone, Default)]
pub(crate) struct Effects {
    handlers: BTreeMap<String, EffectHandler>,
    names: EffectNames,
}

impl Effects {
    /// Declared effects, and the functions given to the builder, which replace declared ones of the
    /// same name.
    pub(crate) fn new(
        declared: impl IntoIterator<Item = &'static EffectInfo>,
        given: BTreeMap<String, EffectHandler>,
    ) -> Result<Self, DuplicateEffect> {
        let mut declared: Vec<&EffectInfo> = declared.into_iter().collect();
        declared.sort_by_key(|info| (info.name, info.location));
        for pair in declared.windows(2) {
            if let [first, second] = pair
                && first.name == second.name
            {
                return Err(DuplicateEffect {
                    name: first.name,
                    first: first.location,
                    second: second.location,
                });
            }
        }

        let declared = declared.into_iter();
        let mut handlers: BTreeMap<String, EffectHandler> = declared
            .map(|info| (info.name.to_owned(), EffectHandler::declared(info)))
            .collect();
        handlers.extend(given);
        let names = EffectNames::new(handlers.keys());
        Ok(Self { handlers, names })
    }

    /// The function that runs effects of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&EffectHandler> {
        self.handlers.get(name)
    }

    /// The names.
    pub(crate) fn names(&self) -> &EffectNames {
        &self.names
    }

    /// The longest that one run may take.
    pub(crate) fn longest_timeout(&self) -> Duration {
        let timeouts = self.handlers.values().map(EffectHandler::timeout);
        timeouts.max().unwrap_or(DEFAULT_TIMEOUT)
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.handlers.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &'static str, line: u32) -> &'static EffectInfo {
        Box::leak(Box::new(EffectInfo {
            name,
            call: |_| Box::pin(async { Ok(()) }),
            check: |_| Ok(()),
            location: Location {
                file: "shop.rs",
                line,
                column: 1,
            },
            options: EffectOptions::DEFAULT,
        }))
    }

    #[test]
    fn a_name_belongs_to_one_effect_and_the_builder_has_the_last_word() {
        let error = Effects::new([info("mail", 7), info("mail", 3)], BTreeMap::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "two effects have the name `mail`, at shop.rs:3:1 and at shop.rs:7:1; \
             give one of them `name = \"…\"`"
        );

        let options = EffectOptions::DEFAULT.timeout(Duration::from_secs(90));
        let given = EffectHandler::new(options, |_| async { Ok::<(), BoxError>(()) });
        let given = BTreeMap::from([("mail".to_owned(), given)]);
        let effects = Effects::new([info("mail", 7), info("sms", 9)], given).unwrap();
        assert_eq!(effects.names().iter().collect::<Vec<_>>(), ["mail", "sms"]);
        assert_eq!(effects.longest_timeout(), Duration::from_secs(90));
    }
}
