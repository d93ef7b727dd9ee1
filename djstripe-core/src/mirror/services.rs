//! What the mirror works with, shared by all events.

use super::fetch::Refresher;
use super::settings::{MirrorSettings, RefetchPolicy};
use super::subscriber::DynLookup;
use super::{MirrorError, Target};
use crate::client::Client;
use crate::store::Store;
use crate::webhook::event::Event;

/// What the mirror works with.
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) client: Option<Client>,
    pub(crate) refresher: Refresher,
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

    /// The client, if it has a key for this mode.
    pub(super) fn client(&self, livemode: bool) -> Option<&Client> {
        self.client
            .as_ref()
            .filter(|client| client.has_key(livemode))
    }

    /// How the application's users are looked up.
    pub(crate) fn lookup(&self) -> Option<&dyn DynLookup> {
        self.settings.lookup.as_deref()
    }

    /// When objects of this type are fetched; never without a key.
    pub(super) fn policy(&self, object: &str, livemode: bool) -> RefetchPolicy {
        if self.client(livemode).is_none() {
            RefetchPolicy::Never
        } else {
            self.settings.policy(object)
        }
    }

    /// Whether objects of this type may be fetched for this event. Those of an account that has cut the connection
    /// can't be any more.
    pub(super) async fn refetches(
        &self,
        target: &Target<'_>,
        event: &Event,
    ) -> Result<bool, MirrorError> {
        if self.policy(target.descriptor.object, event.livemode()) == RefetchPolicy::Never {
            return Ok(false);
        }
        match event.account() {
            Some(account) => Ok(!self
                .store
                .is_deauthorized(account, event.livemode())
                .await?),
            None => Ok(true),
        }
    }
}
