//! What the mirror works with, shared by all events.

use super::error::MirrorError;
use super::object_key::ObjectKey;
use super::refresher::Refresher;
use super::settings::{MirrorSettings, RefetchPolicy};
use crate::client::{Client, Clients};
use crate::store::Store;
use crate::webhook::event::Event;

/// What the mirror works with.
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(super) refresher: Refresher,
    pub(crate) settings: MirrorSettings,
}

impl Services {
    pub(crate) fn new(store: Store, clients: Clients, settings: MirrorSettings) -> Self {
        Self {
            store,
            clients,
            refresher: Refresher::default(),
            settings,
        }
    }

    /// The client of the event's own account, if that has a key for the event's mode.
    pub(crate) fn client(&self, event: &Event) -> Option<&Client> {
        let client = self.clients.of(event.own_account());
        client.filter(|client| client.has_key(event.livemode()))
    }

    /// When objects of this type are fetched for this event; never without a key.
    pub(super) fn policy(&self, object: &str, event: &Event) -> RefetchPolicy {
        if self.client(event).is_none() {
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
        if self.policy(key.descriptor.object, event) == RefetchPolicy::Never {
            return Ok(false);
        }

        let (own_account, livemode) = (event.own_account().unwrap_or_default(), event.livemode());
        match event.account() {
            Some(account) => {
                let store = &self.store;
                Ok(!store
                    .is_deauthorized(own_account, account, livemode)
                    .await?)
            }
            None => Ok(true),
        }
    }
}
