//! Families of events: the events whose names share a prefix.

/// The events whose names share a prefix, as an exhaustive enum: `families::CustomerSubscriptionEvent`.
///
/// ```
/// use djstripe_models::Family;
/// use djstripe_models::families::CustomerTaxIdEvent;
///
/// assert_eq!(CustomerTaxIdEvent::from_name("customer.tax_id.created"), Some(CustomerTaxIdEvent::Created));
/// assert_eq!(CustomerTaxIdEvent::Deleted.name(), "customer.tax_id.deleted");
/// ```
pub trait Family: Copy + Sized {
    /// The event with this name; `None` if the family has none.
    fn from_name(name: &str) -> Option<Self>;

    /// The event's name.
    fn name(self) -> &'static str;
}
