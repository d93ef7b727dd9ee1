//! The changes that there are. Does no IO.

use crate::page::access::Right;
use crate::page::error::PageError;
use crate::page::params::Params;
use crate::store::Rerun;

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::page) enum Change {
    /// Receivers that have not succeeded run again.
    RetryEvents,
    /// All receivers run again, or this one.
    ReplayEvents(Option<String>),
    RetryEffects,
    DiscardEffects,
    Pause,
    Resume,
}

impl Change {
    /// The change that a form asks for.
    pub(in crate::page) fn read(params: &Params) -> Result<Self, PageError> {
        match params.get("change") {
            Some("retry-events") => Ok(Self::RetryEvents),
            Some("replay-events") => {
                let receiver = params.get("only").map(str::to_owned);
                Ok(Self::ReplayEvents(receiver))
            }
            Some("retry-effects") => Ok(Self::RetryEffects),
            Some("discard-effects") => Ok(Self::DiscardEffects),
            Some("pause") => Ok(Self::Pause),
            Some("resume") => Ok(Self::Resume),
            _ => Err(PageError::Invalid(
                "The form names no change that this page knows.".to_owned(),
            )),
        }
    }

    /// The word for it in a form.
    pub(in crate::page) const fn word(&self) -> &'static str {
        match self {
            Self::RetryEvents => "retry-events",
            Self::ReplayEvents(_) => "replay-events",
            Self::RetryEffects => "retry-effects",
            Self::DiscardEffects => "discard-effects",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// The word for it in the record of actions, which is that of the command.
    pub(in crate::page) const fn action(&self) -> &'static str {
        match self {
            Self::RetryEvents => "events retry",
            Self::ReplayEvents(_) => "events replay",
            Self::RetryEffects => "effects retry",
            Self::DiscardEffects => "effects discard",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// The button that does it.
    pub(in crate::page) const fn verb(&self) -> &'static str {
        match self {
            Self::RetryEvents | Self::RetryEffects => "Retry",
            Self::ReplayEvents(_) => "Replay",
            Self::DiscardEffects => "Discard",
            Self::Pause => "Pause the workers",
            Self::Resume => "Resume the workers",
        }
    }

    /// What was done to one.
    pub(in crate::page) const fn done(&self) -> &'static str {
        match self {
            Self::RetryEvents | Self::RetryEffects => "retried",
            Self::ReplayEvents(_) => "replayed",
            Self::DiscardEffects => "discarded",
            Self::Pause => "paused",
            Self::Resume => "resumed",
        }
    }

    pub(in crate::page) const fn right(&self) -> Right {
        match self {
            Self::RetryEvents | Self::RetryEffects => Right::Retry,
            Self::ReplayEvents(_) => Right::Replay,
            Self::DiscardEffects => Right::Discard,
            Self::Pause | Self::Resume => Right::Pause,
        }
    }

    /// Whether it is one of effects.
    pub(in crate::page) const fn is_of_effects(&self) -> bool {
        matches!(self, Self::RetryEffects | Self::DiscardEffects)
    }

    /// Which receivers of events run again; `None` for a change of something else.
    pub(in crate::page) fn rerun(&self) -> Option<Rerun> {
        match self {
            Self::RetryEvents => Some(Rerun::Unfinished),
            Self::ReplayEvents(None) => Some(Rerun::All),
            Self::ReplayEvents(Some(receiver)) => Some(Rerun::Receiver(receiver.clone())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_names_its_change_by_the_word() {
        for change in [
            Change::RetryEvents,
            Change::ReplayEvents(None),
            Change::RetryEffects,
            Change::DiscardEffects,
            Change::Pause,
            Change::Resume,
        ] {
            let params = Params::new([("change", change.word())]);
            assert_eq!(Change::read(&params).unwrap(), change);
        }
        let one = Params::read("change=replay-events&only=shop%3A%3Aship");
        let expected = Change::ReplayEvents(Some("shop::ship".to_owned()));
        assert_eq!(Change::read(&one).unwrap(), expected);
        assert!(Change::read(&Params::read("change=drop")).is_err());
    }
}
