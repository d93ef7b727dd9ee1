//! What the mirror does, as the application says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::subscriber::{DynLookup, DynSource, SubscriberLookup, SubscriberSource};

/// When an object is fetched from Stripe instead of being taken from the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefetchPolicy {
    /// For each event. Right whatever the order of events. The default where there is a key.
    #[default]
    Always,
    /// When the event may not be the last word: it is written in another API version, or the row was written in the same
    /// second or later.
    WhenAmbiguous,
    /// Never. The default without a key.
    Never,
}

/// What the mirror does.
///
/// ```
/// use djstripe_core::mirror::{MirrorSettings, RefetchPolicy};
///
/// let settings = MirrorSettings::default()
///     .without("balance_transaction")
///     .refetch_of("charge", RefetchPolicy::WhenAmbiguous)
///     .create_missing_customers(false)
///     .subscriber_key("user_id");
/// # let _ = settings;
/// ```
#[derive(Clone)]
pub struct MirrorSettings {
    pub(crate) enabled: bool,
    off: BTreeSet<String>,
    refetch: RefetchPolicy,
    refetch_of: BTreeMap<String, RefetchPolicy>,
    pub(crate) create_missing_customers: bool,
    pub(crate) subscriber_key: Option<String>,
    pub(crate) lookup: Option<Arc<dyn DynLookup>>,
    pub(crate) source: Option<Arc<dyn DynSource>>,
    pub(crate) related: usize,
}

/// Objects that are fetched at most because one event's object refers to them.
const RELATED: usize = 20;

impl Default for MirrorSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            off: BTreeSet::new(),
            refetch: RefetchPolicy::Always,
            refetch_of: BTreeMap::new(),
            create_missing_customers: true,
            subscriber_key: None,
            lookup: None,
            source: None,
            related: RELATED,
        }
    }
}

impl MirrorSettings {
    /// No built-in receiver runs at all.
    pub fn off() -> Self {
        Self {
            enabled: false,
            ..Self::default()
        }
    }

    /// Leaves out objects of this type, `balance_transaction`.
    #[must_use]
    pub fn without(mut self, object: &str) -> Self {
        self.off.insert(object.to_owned());
        self
    }

    /// When objects are fetched. Default: [`RefetchPolicy::Always`]; without a key they never are.
    #[must_use]
    pub fn refetch(mut self, policy: RefetchPolicy) -> Self {
        self.refetch = policy;
        self
    }

    /// When objects of this type are fetched.
    #[must_use]
    pub fn refetch_of(mut self, object: &str, policy: RefetchPolicy) -> Self {
        self.refetch_of.insert(object.to_owned(), policy);
        self
    }

    /// Whether an event about a customer that has no row here creates it. Default: yes. A customer that another object
    /// refers to is created in any case.
    #[must_use]
    pub fn create_missing_customers(mut self, create: bool) -> Self {
        self.create_missing_customers = create;
        self
    }

    /// Key in the metadata of customers and checkout sessions that holds the id of one of the application's users.
    #[must_use]
    pub fn subscriber_key(mut self, key: impl Into<String>) -> Self {
        self.subscriber_key = Some(key.into());
        self
    }

    /// Finds the application's users.
    #[must_use]
    pub fn subscribers(mut self, lookup: impl SubscriberLookup) -> Self {
        self.lookup = Some(Arc::new(lookup));
        self
    }

    /// Lists the application's users, so that customers can be made for those that have none.
    #[must_use]
    pub fn subscriber_source(mut self, source: impl SubscriberSource) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// How many objects are fetched at most because one event's object refers to them and they are missing here. 0 turns
    /// that off. Default: 20.
    #[must_use]
    pub fn related(mut self, most: usize) -> Self {
        self.related = most;
        self
    }

    pub(crate) fn is_off(&self, object: &str) -> bool {
        self.off.contains(object)
    }

    pub(crate) fn policy(&self, object: &str) -> RefetchPolicy {
        self.refetch_of.get(object).copied().unwrap_or(self.refetch)
    }
}

impl fmt::Debug for MirrorSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MirrorSettings")
            .field("enabled", &self.enabled)
            .field("off", &self.off)
            .field("refetch", &self.refetch)
            .field("refetch_of", &self.refetch_of)
            .field("create_missing_customers", &self.create_missing_customers)
            .field("subscriber_key", &self.subscriber_key)
            .field("related", &self.related)
            .finish_non_exhaustive()
    }
}
