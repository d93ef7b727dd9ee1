//! Families of events: those whose names begin alike.

/// The events whose names begin alike, as an exhaustive enum: `families::CustomerSubscriptionEvent`.
///
/// ```
/// use djstripe_models::Family;
/// use djstripe_models::families::CustomerTaxIdEvent;
///
/// assert_eq!(CustomerTaxIdEvent::from_name("customer.tax_id.created"), Some(CustomerTaxIdEvent::Created));
/// assert_eq!(CustomerTaxIdEvent::Deleted.name(), "customer.tax_id.deleted");
/// ```
pub trait Family: Copy + Sized {
    /// The member with this name.
    fn from_name(name: &str) -> Option<Self>;

    /// The event's name.
    fn name(self) -> &'static str;
}
