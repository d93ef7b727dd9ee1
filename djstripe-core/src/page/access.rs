//! Who looks at the page, and what they may do. Does no IO.

/// Something that an operator may do, besides reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Right {
    /// Retry events and effects: receivers and effects that have not succeeded run again.
    Retry,
    /// Replay events: receivers run again that have succeeded.
    Replay,
    /// Give effects up.
    Discard,
    /// Pause and resume the workers.
    Pause,
    /// Forget a customer: blank what is personal.
    Redact,
    /// Read personal fields of payloads and rows, such as names and addresses.
    Personal,
}

impl Right {
    /// All rights.
    pub const ALL: [Self; 6] = [
        Self::Retry,
        Self::Replay,
        Self::Discard,
        Self::Pause,
        Self::Redact,
        Self::Personal,
    ];

    /// The right in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Replay => "replay",
            Self::Discard => "discard",
            Self::Pause => "pause",
            Self::Redact => "redact",
            Self::Personal => "personal",
        }
    }
}

/// What somebody may do on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read, without personal fields.
    ReadOnly,
    /// Everything.
    All,
    /// Read, and what these rights allow.
    Only(Vec<Right>),
}

impl Access {
    /// Whether this allows what the right stands for.
    pub fn allows(&self, right: Right) -> bool {
        match self {
            Self::ReadOnly => false,
            Self::All => true,
            Self::Only(rights) => rights.contains(&right),
        }
    }
}

/// Who looks at the page. The host's own layer puts it into the extensions of a request, once it knows
/// who has sent the request; without it the page answers 403.
///
/// ```
/// use djstripe_core::page::{Access, Operator, Right};
///
/// let operator = Operator::new("ann", Access::Only(vec![Right::Retry]));
/// assert!(operator.access().allows(Right::Retry));
/// assert!(!operator.access().allows(Right::Personal));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    name: String,
    access: Access,
}

impl Operator {
    /// An operator, by the name that the record of actions shows.
    pub fn new(name: impl Into<String>, access: Access) -> Self {
        Self {
            name: name.into(),
            access,
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the operator may do.
    pub fn access(&self) -> &Access {
        &self.access
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_allowed_only_where_they_are_given() {
        for right in Right::ALL {
            assert!(!Access::ReadOnly.allows(right));
            assert!(Access::All.allows(right));
            assert!(!Access::Only(Vec::new()).allows(right));
            assert!(Access::Only(vec![right]).allows(right));
        }
        assert!(!Access::Only(vec![Right::Retry]).allows(Right::Replay));
    }
}
