//! The effects that a command is about, read page by page because there can be many.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::exit::{CommandError, UsageError};
use crate::store::{EffectFilter, EffectState, Store};
use crate::timestamp::Timestamp;

/// Effects that are read, and changed, at a time.
const PAGE: u32 = 500;

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
        } = self;
        state.is_none() && !dead && name.is_none() && receiver.is_none() && event.is_none()
    }
}

/// Effects by their keys, or by criteria.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Keys of the effects
    #[arg(conflicts_with_all = ["state", "dead", "name", "receiver", "event"])]
    keys: Vec<String>,
    #[command(flatten)]
    criteria: Criteria,
}

/// Keys of the selected effects.
pub(super) struct Pages<'s> {
    selection: &'s Selection,
    after: Option<(Timestamp, String)>,
    is_done: bool,
}

impl<'s> Pages<'s> {
    /// Refuses a selection without criteria.
    pub(super) fn new(selection: &'s Selection) -> Result<Self, UsageError> {
        if selection.keys.is_empty() && selection.criteria.is_empty() {
            let message = "select effects by their keys, --dead, --state, --name, --receiver or \
                           --event; without --state, the criteria select dead effects only";
            return Err(UsageError(message.to_owned()));
        }
        Ok(Self {
            selection,
            after: None,
            is_done: false,
        })
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(
        &mut self,
        store: &Store,
    ) -> Result<Option<Vec<String>>, CommandError> {
        if self.is_done {
            return Ok(None);
        }
        if !self.selection.keys.is_empty() {
            self.is_done = true;
            return Ok(Some(self.selection.keys.clone()));
        }

        let filter = self.selection.criteria.filter();
        let filter = EffectFilter {
            // Effects that wait for their time, or were given up, are only selected explicitly.
            state: filter.state.or(Some(EffectState::Dead)),
            limit: Some(PAGE),
            after: self.after.take(),
            ..filter
        };
        let page = store.list_effects(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = Some((last.created_at, last.key.clone()));
        Ok(Some(page.into_iter().map(|effect| effect.key).collect()))
    }
}
