//! Parameters that narrow a list, and which of them Stripe refuses for it. Does no IO.

use std::sync::atomic::{AtomicBool, Ordering};

/// A parameter that narrows a list, which Stripe refuses for some lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Narrowing {
    /// `created`: only objects of a range of time.
    Created,
    /// `ending_before`: only objects above one.
    EndingBefore,
}

impl Narrowing {
    /// The name of the parameter.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::EndingBefore => "ending_before",
        }
    }
}

/// The narrowing parameters that Stripe has refused for a list.
#[derive(Debug, Default)]
pub(super) struct RefusedNarrowings {
    created: AtomicBool,
    ending_before: AtomicBool,
}

impl RefusedNarrowings {
    /// Whether Stripe has refused it.
    pub(super) fn has(&self, narrowing: Narrowing) -> bool {
        self.of(narrowing).load(Ordering::Relaxed)
    }

    fn of(&self, narrowing: Narrowing) -> &AtomicBool {
        match narrowing {
            Narrowing::Created => &self.created,
            Narrowing::EndingBefore => &self.ending_before,
        }
    }

    /// Notes a refusal. Returns whether it is the first one.
    pub(super) fn note(&self, narrowing: Narrowing) -> bool {
        !self.of(narrowing).swap(true, Ordering::Relaxed)
    }
}

/// All of them.
pub(super) const NARROWINGS: [Narrowing; 2] = [Narrowing::Created, Narrowing::EndingBefore];
