//! Which objects of a type a list holds: a type can have several lists.

/// Which objects of a type a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ListPart {
    /// Those that Stripe lists if no parameter says otherwise.
    #[default]
    Default,
    /// Archived ones, which Stripe lists apart.
    Archived,
    /// Those of a test clock, which Stripe lists apart.
    OfTestClock,
    /// Those that other objects name and that have no row, fetched one by one.
    Named,
    /// Those whose rows are old, fetched one by one.
    Stale,
}

impl ListPart {
    /// The word for it; empty for the default.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::Archived => "archived",
            Self::OfTestClock => "of a test clock",
            Self::Named => "named by others",
            Self::Stale => "stale",
        }
    }
}
