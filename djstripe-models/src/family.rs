//! Families of events: those whose names begin alike.

/// The events whose names begin alike, as an exhaustive enum: `families::CustomerSubscription`.
///
/// ```
/// use djstripe_models::Family;
/// use djstripe_models::families::CustomerTaxId;
///
/// assert_eq!(CustomerTaxId::from_name("customer.tax_id.created"), Some(CustomerTaxId::Created));
/// assert_eq!(CustomerTaxId::Deleted.name(), "customer.tax_id.deleted");
/// ```
pub trait Family: Copy + Sized {
    /// The member with this name.
    fn from_name(name: &str) -> Option<Self>;

    /// The event's name.
    fn name(self) -> &'static str;
}
