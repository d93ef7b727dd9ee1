//! How the objects of a list are requested.

use super::ids::IdSource;

/// How the objects of a list are requested.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    /// Page by page; those of this test clock, if one is given.
    Pages { test_clock: Option<String> },
    /// Page by page for each of these parents.
    Parents(IdSource),
    /// One by one.
    OneByOne(IdSource),
}

impl Reading {
    /// The ids to go through, if that is how the list is read.
    pub(super) fn ids(&self) -> Option<&IdSource> {
        match self {
            Self::Pages { .. } => None,
            Self::Parents(ids) | Self::OneByOne(ids) => Some(ids),
        }
    }
}
