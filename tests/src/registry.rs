//! Selections of the registered receivers. A test binary registers the receivers of all its tests.

use djstripe_core::Registry;
use djstripe_core::receiver::ReceiverInfo;

/// The registered receivers with an id for which `is_wanted` returns `true`.
///
/// # Panics
/// If two receivers have the same id.
pub fn receivers(is_wanted: impl Fn(&str) -> bool) -> Vec<&'static ReceiverInfo> {
    Registry::collect()
        .expect("receiver ids are unique")
        .receivers()
        .iter()
        .copied()
        .filter(|receiver| is_wanted(receiver.id))
        .collect()
}
