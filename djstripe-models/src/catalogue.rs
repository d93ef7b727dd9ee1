//! Looks up the descriptor of a type of object by its name.

use crate::descriptor::ModelDescriptor;
use crate::generated::DESCRIPTORS;

/// The descriptor of the type of object with this name.
///
/// ```
/// let descriptor = djstripe_models::descriptor("checkout.session").expect("a known object");
/// assert_eq!(descriptor.table, Some("stripe_checkout_session"));
/// assert_eq!(descriptor.retrieve, Some("/v1/checkout/sessions/{session}"));
/// assert!(djstripe_models::descriptor("basket").is_none());
/// ```
pub fn descriptor(object: &str) -> Option<&'static ModelDescriptor> {
    DESCRIPTORS
        .binary_search_by(|descriptor| descriptor.object.cmp(object))
        .ok()
        .map(|index| &DESCRIPTORS[index])
}
