//! Looks up the descriptor of a type of object by its name.

use crate::descriptor::ModelDescriptor;
use crate::generated::{DESCRIPTORS, FORMER_NAMES};

/// The descriptor of the type of object with this name, or with this former name.
///
/// ```
/// let descriptor = djstripe_models::descriptor("checkout.session").expect("a known object");
/// assert_eq!(descriptor.table, Some("stripe_checkout_session"));
/// assert_eq!(descriptor.retrieve, Some("/v1/checkout/sessions/{session}"));
/// assert!(djstripe_models::descriptor("basket").is_none());
///
/// // Files had another name before API version 2018-09-24.
/// let file = djstripe_models::descriptor("file_upload").expect("a known object");
/// assert_eq!(file.object, "file");
/// ```
pub fn descriptor(object: &str) -> Option<&'static ModelDescriptor> {
    named(object).or_else(|| {
        let (_, now) = FORMER_NAMES.iter().find(|(former, _)| *former == object)?;
        named(now)
    })
}

fn named(object: &str) -> Option<&'static ModelDescriptor> {
    DESCRIPTORS
        .binary_search_by(|descriptor| descriptor.object.cmp(object))
        .ok()
        .map(|index| &DESCRIPTORS[index])
}
