//! What the mirror works with, shared by all events.

use super::error::MirrorError;
use super::object_key::ObjectKey;
use super::refresher::Refresher;
use super::settings::{MirrorSettings, RefetchPolicy};
use super::subscriber::DynLookup;
use crate::client::Client;
use crate::store::Store;
use crate::webhook::event::Event;

/// What the mirror works with.
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) client: Option<Client>,
    pub(super) refresher: Refresher,
    pub(crate) settings: MirrorSettings,
}

impl Services {
    pub(crate) fn new(store: Store, client: Option<Client>, settings: MirrorSettings) -> Self {
        Self {
            store,
            client,
            refresher: Refresher::default(),
            settings,
        }
    }

    /// The application's lookup of its users, if the settings have one.
    pub(crate) fn lookup(&self) -> Option<&dyn DynLookup> {
        self.settings.lookup.as_deref()
    }

    /// The client, if it has a key for this mode.
    pub(super) fn client(&self, livemode: bool) -> Option<&Client> {
        self.client
            .as_ref()
            .filter(|client| client.has_key(livemode))
    }

    /// When objects of this type are fetched; never without a key.
    pub(super) fn policy(&self, object: &str, livemode: bool) -> RefetchPolicy {
        if self.client(livemode).is_none() {
            RefetchPolicy::Never
        } else {
            self.settings.policy(object)
        }
    }

    /// Whether objects of this type can be fetched for this event. Those of an account that has
    /// deauthorized the platform can't.
    pub(super) async fn can_fetch(
        &self,
        key: &ObjectKey,
        event: &Event,
    ) -> Result<bool, MirrorError> {
        let livemode = event.livemode();
        if self.policy(key.descriptor.object, livemode) == RefetchPolicy::Never {
            return Ok(false);
        }

        match event.account() {
            Some(account) => Ok(!self.store.is_deauthorized(account, livemode).await?),
            None => Ok(true),
        }
    }
}
