//! The features that a user is entitled to.

use std::collections::BTreeSet;

/// The lookup keys of the features that a user is entitled to, sorted.
///
/// ```no_run
/// # async fn page(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::users::UserError> {
/// let entitlements = app.entitlements("user-7").await?;
/// if entitlements.has("api-access") {
///     println!("{} features", entitlements.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entitlements {
    keys: BTreeSet<String>,
}

impl Entitlements {
    pub(super) fn new(keys: Vec<String>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
        }
    }

    /// Whether the user is entitled to the feature with this lookup key.
    pub fn has(&self, lookup_key: &str) -> bool {
        self.keys.contains(lookup_key)
    }

    /// The lookup keys.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// The number of features.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the user is entitled to nothing.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
