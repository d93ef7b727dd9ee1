//! What a sync works with.

use std::sync::Arc;

use crate::client::Client;
use crate::mirror::MirrorSettings;
use crate::receiver::registry::Registry;
use crate::store::Store;

/// What a sync works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SyncContext {
    pub(crate) store: Store,
    pub(crate) client: Client,
    pub(crate) settings: Arc<MirrorSettings>,
    pub(crate) registry: Arc<Registry>,
}
