//! The settings of the mirror.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use djstripe_models::{DESCRIPTORS, ModelDescriptor};

use super::dropped::DroppedFields;
use super::expanded::ExpandedFields;
use super::object_name;
use super::settings_error::SettingsError;
use super::subscriber::{DynLookup, DynSource, SubscriberLookup, SubscriberSource};
use crate::store::MirrorTables;

/// When an object is fetched from Stripe instead of being taken from the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefetchPolicy {
    /// For each event. Correct in whatever order events arrive. The default with a key.
    #[default]
    Always,
    /// When the event may be out of date, or lacks fields: it is written in another API version, the
    /// row was observed in the same second or later, or fields of such objects are
    /// [expanded](MirrorSettings::expand).
    WhenAmbiguous,
    /// Never. The default without a key.
    Never,
}

/// What names the user of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkBy {
    /// `client_reference_id` of a checkout session, looked up with
    /// [`find`](SubscriberLookup::find).
    ///
    /// A payer can choose it: payment links take it from their address. It therefore links only a
    /// customer that has no user.
    ClientReferenceId,
    /// The value of the [`subscriber_key`](MirrorSettings::subscriber_key) in the metadata of a
    /// customer or of a checkout session, looked up with [`find`](SubscriberLookup::find). Only the
    /// holder of the secret key can write it, so it also moves a customer from another user.
    Metadata,
    /// The email address of a customer, looked up with
    /// [`find_by_email`](SubscriberLookup::find_by_email).
    ///
    /// It is what the payer typed, and proves nothing: anybody can pay in the name of an address,
    /// and then what is paid belongs to that user. It links only a customer that has no user, and
    /// only if exactly one user has the address.
    Email,
}

/// The settings of the mirror.
///
/// ```
/// use djstripe_core::mirror::{MirrorSettings, RefetchPolicy};
///
/// let settings = MirrorSettings::default()
///     .without("balance_transaction")
///     .refetch_of("charge", RefetchPolicy::WhenAmbiguous)
///     .create_missing_customers(false)
///     .expand("price", ["tiers"])
///     .drop("customer.address")
///     .subscriber_key("user_id");
/// # let _ = settings;
/// ```
#[derive(Clone)]
pub struct MirrorSettings {
    pub(crate) enabled: bool,
    off: BTreeSet<&'static str>,
    /// The types whose tables the database lacks.
    tableless: BTreeSet<&'static str>,
    refetch: RefetchPolicy,
    refetch_of: BTreeMap<&'static str, RefetchPolicy>,
    pub(crate) create_missing_customers: bool,
    pub(crate) subscriber_key: Option<String>,
    pub(crate) link_by: Vec<LinkBy>,
    is_link_by_set: bool,
    pub(crate) lookup: Option<Arc<dyn DynLookup>>,
    pub(crate) source: Option<Arc<dyn DynSource>>,
    pub(crate) related: usize,
    pub(crate) list_items: usize,
    pub(crate) expanded: ExpandedFields,
    pub(crate) dropped: DroppedFields,
    /// The first mistake in the settings, which the builder reports.
    mistake: Option<SettingsError>,
}

/// Limit of the objects fetched because one event's object refers to them.
const DEFAULT_RELATED: usize = 20;

/// Limit of the items that one event fetches of a list inside its object.
const DEFAULT_LIST_ITEMS: usize = 2_000;

impl Default for MirrorSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            off: BTreeSet::new(),
            tableless: BTreeSet::new(),
            refetch: RefetchPolicy::Always,
            refetch_of: BTreeMap::new(),
            create_missing_customers: true,
            subscriber_key: None,
            link_by: vec![LinkBy::Metadata],
            is_link_by_set: false,
            lookup: None,
            source: None,
            related: DEFAULT_RELATED,
            list_items: DEFAULT_LIST_ITEMS,
            expanded: ExpandedFields::default(),
            dropped: DroppedFields::default(),
            mistake: None,
        }
    }
}

impl MirrorSettings {
    /// Switches all built-in receivers off.
    pub fn off() -> Self {
        Self {
            enabled: false,
            ..Self::default()
        }
    }

    /// Does not mirror objects of this type, such as `balance_transaction`.
    ///
    /// A type that the catalogue doesn't have makes [`Builder::build`](crate::Builder::build) fail.
    #[must_use]
    pub fn without(mut self, object: &str) -> Self {
        let known = object_name::known(object);
        self.off.extend(known.as_ref().ok());
        self.note(known.map(drop))
    }

    /// When objects are fetched. Default: [`RefetchPolicy::Always`]. Without a key, objects are
    /// never fetched.
    #[must_use]
    pub fn refetch(mut self, policy: RefetchPolicy) -> Self {
        self.refetch = policy;
        self
    }

    /// When objects of this type are fetched.
    ///
    /// A type that the catalogue doesn't have makes [`Builder::build`](crate::Builder::build) fail.
    #[must_use]
    pub fn refetch_of(mut self, object: &str, policy: RefetchPolicy) -> Self {
        let known = object_name::known(object);
        let policies = known.as_ref().map(|&object| (object, policy));
        self.refetch_of.extend(policies.ok());
        self.note(known.map(drop))
    }

    /// Whether an event about a customer without a row creates the row. Default: yes. A customer
    /// that another object refers to is created in any case.
    #[must_use]
    pub fn create_missing_customers(mut self, create: bool) -> Self {
        self.create_missing_customers = create;
        self
    }

    /// The metadata key of customers and checkout sessions whose value is the id of one of the
    /// application's users.
    #[must_use]
    pub fn subscriber_key(mut self, key: impl Into<String>) -> Self {
        self.subscriber_key = Some(key.into());
        self
    }

    /// What links a customer to one of the application's users: the first of these that names an
    /// existing user. Default: [`LinkBy::Metadata`].
    ///
    /// A link whose user isn't there yet waits: [`Djstripe::link`](crate::Djstripe::link) retries it
    /// when the application has created the user, and workers retry it after 5 s, 30 s, 5 min, 30 min,
    /// 2 h, 5 h and 10 h, and then once a day.
    ///
    /// It needs [`subscribers`](Self::subscribers), and [`LinkBy::Metadata`] needs the
    /// [`subscriber_key`](Self::subscriber_key): otherwise [`Builder::build`](crate::Builder::build)
    /// fails.
    ///
    /// ```
    /// use djstripe_core::mirror::{LinkBy, MirrorSettings};
    ///
    /// let order = [LinkBy::ClientReferenceId, LinkBy::Metadata, LinkBy::Email];
    /// let settings = MirrorSettings::default().subscriber_key("user_id").link_by(order);
    /// # let _ = settings;
    /// ```
    #[must_use]
    pub fn link_by(mut self, order: impl IntoIterator<Item = LinkBy>) -> Self {
        self.link_by = order.into_iter().collect();
        self.is_link_by_set = true;
        self
    }

    /// How to find one of the application's users.
    #[must_use]
    pub fn subscribers(mut self, lookup: impl SubscriberLookup) -> Self {
        self.lookup = Some(Arc::new(lookup));
        self
    }

    /// How to list the application's users, so that customers can be created for users that have
    /// none.
    #[must_use]
    pub fn subscriber_source(mut self, source: impl SubscriberSource) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Limit of the objects fetched because one event's object refers to them and they have no row.
    /// 0 turns such fetches off. Default: 20.
    #[must_use]
    pub fn related(mut self, limit: usize) -> Self {
        self.related = limit;
        self
    }

    /// Limit of the items that an event fetches of each list inside its object, beyond the first
    /// page that the object holds. A longer list stays incomplete: the row says so in
    /// `djstripe_incomplete`, and `sync` reads the rest. 0 turns such fetches off. Default: 2,000.
    #[must_use]
    pub fn list_items(mut self, limit: usize) -> Self {
        self.list_items = limit;
        self
    }

    /// Sets the fields of a type of object that Stripe sends on request only, such as `tiers` of a
    /// price. They are asked for wherever such objects are fetched: for an event, as a missing
    /// reference, by `sync` and by `verify`. No field switches that off.
    ///
    /// Default: `currency_options` and `tiers` of prices, `applies_to` of coupons, and `line_items` of
    /// checkout sessions, payment links and quotes. A key that may not read what a field expands to
    /// gets the object without the fields.
    ///
    /// A type that the catalogue doesn't have, or a malformed path, makes
    /// [`Builder::build`](crate::Builder::build) fail. Stripe refuses a field that it can't expand, and
    /// the event then fails.
    ///
    /// Source: [Expanding responses](https://docs.stripe.com/expand).
    #[must_use]
    pub fn expand(
        mut self,
        object: &str,
        fields: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        let result = self.expanded.set(object, fields);
        self.note(result)
    }

    /// Leaves a field out of every row: a type of object or `*`, a dot, and the path of the field, such
    /// as `customer.address` or `*.client_secret`. It is left out of objects inside other objects too;
    /// `*` stands for every hash at any depth except for metadata.
    ///
    /// Default: `*.client_secret`. The stored event keeps what Stripe sent, until `prune` removes it,
    /// and so does what an application saves by itself.
    ///
    /// A type that the catalogue doesn't have, or a malformed pattern, makes
    /// [`Builder::build`](crate::Builder::build) fail.
    #[must_use]
    pub fn drop(mut self, pattern: &str) -> Self {
        let result = self.dropped.add(pattern);
        self.note(result)
    }

    /// Leaves no field out, not even `*.client_secret`.
    #[must_use]
    pub fn keep_all_fields(mut self) -> Self {
        self.dropped = DroppedFields::none();
        self
    }

    fn note(mut self, result: Result<(), SettingsError>) -> Self {
        self.mistake = self.mistake.or(result.err());
        self
    }

    /// Checks what can't be checked while the settings are made.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        if !self.is_link_by_set || self.link_by.is_empty() {
            return Ok(());
        }
        if self.link_by.contains(&LinkBy::Metadata) && self.subscriber_key.is_none() {
            return Err(SettingsError::NoSubscriberKey);
        }
        match self.lookup {
            Some(_) => Ok(()),
            None => Err(SettingsError::NoLookup),
        }
    }

    /// Whether objects of this type get no rows.
    pub(crate) fn is_off(&self, object: &str) -> bool {
        self.is_left_out(object) || self.tableless.contains(object)
    }

    /// Whether the application has switched the type off.
    pub(crate) fn is_left_out(&self, object: &str) -> bool {
        self.off.contains(object)
    }

    /// Whether the database lacks the type's table.
    pub(crate) fn has_no_table(&self, of: &ModelDescriptor) -> bool {
        self.tableless.contains(of.object)
    }

    /// Switches the types off whose tables the database lacks.
    pub(crate) fn keep_to(&mut self, tables: &MirrorTables) {
        let lacking = DESCRIPTORS.iter().filter(|of| tables.lack(of));
        self.tableless = lacking.map(|of| of.object).collect();
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
            .field("tableless", &self.tableless)
            .field("refetch", &self.refetch)
            .field("refetch_of", &self.refetch_of)
            .field("create_missing_customers", &self.create_missing_customers)
            .field("subscriber_key", &self.subscriber_key)
            .field("link_by", &self.link_by)
            .field("related", &self.related)
            .field("list_items", &self.list_items)
            .field("expanded", &self.expanded)
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}
