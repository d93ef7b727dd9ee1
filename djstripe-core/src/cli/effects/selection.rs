//! The effects that a command is about.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::Builder;
use crate::cli::audit::subject_of;
use crate::cli::exit::{CommandError, UsageError};
use crate::cli::pages::{Place, Selectable};
use crate::cli::receiver_name::check_receiver;
use crate::store::{EffectFilter, EffectState, Store, StoreError, StoredEffect};
use crate::webhook::spelling::{nearest, suggestion};

/// Criteria, which an effect has to meet all.
#[derive(Debug, Args)]
pub(super) struct Criteria {
    /// Select effects in this state
    #[arg(long, value_parser = state_parser())]
    state: Option<EffectState>,
    /// Select dead effects
    #[arg(long, conflicts_with = "state")]
    dead: bool,
    /// Select effects of this name
    #[arg(long, value_name = "EFFECT")]
    name: Option<String>,
    /// Select effects that this receiver requested
    #[arg(long, value_name = "RECEIVER")]
    receiver: Option<String>,
    /// Select effects that were requested for this event
    #[arg(long, value_name = "EVENT_ID")]
    event: Option<String>,
    /// Select effects whose last error contains this text; … stands for any text
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT")]
    error: Option<String>,
}

fn state_parser() -> impl TypedValueParser<Value = EffectState> {
    PossibleValuesParser::new(EffectState::ALL.map(EffectState::as_str))
        .try_map(|state| state.parse::<EffectState>())
}

impl Criteria {
    pub(super) fn filter(&self) -> EffectFilter {
        EffectFilter {
            state: if self.dead {
                Some(EffectState::Dead)
            } else {
                self.state
            },
            name: self.name.clone(),
            receiver: self.receiver.clone(),
            event_id: self.event.clone(),
            error: self.error.clone(),
            ..EffectFilter::default()
        }
    }

    fn is_empty(&self) -> bool {
        let Self {
            state,
            dead,
            name,
            receiver,
            event,
            error,
        } = self;
        let texts = [name, receiver, event, error];
        state.is_none() && !dead && texts.iter().all(|text| text.is_none())
    }

    /// Refuses names that neither the program nor the database has.
    pub(super) async fn check(&self, builder: &Builder, store: &Store) -> Result<(), CommandError> {
        if let Some(name) = &self.name {
            check_effect_name(builder, store, name).await?;
        }
        if let Some(receiver) = &self.receiver {
            let of_receiver = EffectFilter {
                receiver: Some(receiver.clone()),
                ..EffectFilter::default()
            };
            if store.count_listed_effects(&of_receiver, 1).await? == 0 {
                check_receiver(store, &builder.registry()?, receiver).await?;
            }
        }
        Ok(())
    }
}

/// Effects by their keys, or by criteria.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Keys of the effects
    #[arg(conflicts_with_all = ["state", "dead", "name", "receiver", "event", "error"])]
    pub(super) keys: Vec<String>,
    #[command(flatten)]
    criteria: Criteria,
}

impl Selection {
    /// The selection as a record names it.
    pub(super) fn describe(&self) -> String {
        if !self.keys.is_empty() {
            return subject_of(&self.keys);
        }
        let filter = self.criteria.filter();
        let options = [
            ("state", filter.state.map(|state| state.to_string())),
            ("name", filter.name),
            ("receiver", filter.receiver),
            ("event", filter.event_id),
            ("error", filter.error),
        ];
        let options = options.into_iter();
        let options = options.filter_map(|(name, value)| Some(format!("--{name} {}", value?)));
        options.collect::<Vec<_>>().join(" ")
    }

    /// Refuses a selection without criteria, or with names that don't exist.
    pub(super) async fn check(&self, builder: &Builder, store: &Store) -> Result<(), CommandError> {
        if self.keys.is_empty() && self.criteria.is_empty() {
            let message = "select effects by their keys, --dead, --state, --name, --receiver, \
                           --event or --error; without --state, the criteria select dead effects only";
            return Err(UsageError(message.to_owned()).into());
        }
        self.criteria.check(builder, store).await
    }
}

/// Refuses the name of an effect that neither the program nor the database has.
async fn check_effect_name(
    builder: &Builder,
    store: &Store,
    name: &str,
) -> Result<(), CommandError> {
    let handlers = builder.effect_handlers()?;
    let of_name = EffectFilter {
        name: Some(name.to_owned()),
        ..EffectFilter::default()
    };
    if handlers.names().contains(name) || store.count_listed_effects(&of_name, 1).await? > 0 {
        return Ok(());
    }

    let suggestion = suggestion(nearest(handlers.names().iter(), name));
    let message =
        format!("neither this program nor the database has an effect `{name}`{suggestion}");
    Err(UsageError(message).into())
}

impl Selectable for &Selection {
    type Row = StoredEffect;

    fn keys(&self) -> &[String] {
        &self.keys
    }

    async fn read(
        &self,
        store: &Store,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<StoredEffect>, StoreError> {
        let filter = self.criteria.filter();
        let filter = EffectFilter {
            // Effects that wait for their time, or were given up, are only selected explicitly.
            state: filter.state.or(Some(EffectState::Dead)),
            limit: Some(limit),
            after,
            ..filter
        };
        store.list_effects(&filter).await
    }

    fn has(&self, _: &StoredEffect) -> bool {
        true
    }

    fn place(effect: &StoredEffect) -> Place {
        (effect.created_at, effect.key.clone())
    }
}
