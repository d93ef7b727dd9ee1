//! What the commands about endpoints work with: the database, Stripe, and the encryption key.

use clap::Args;
use uuid::Uuid;

use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::CommandError;
use crate::cli::settings::{DatabaseArgs, StripeArgs};
use crate::client::{Client, Clients};
use crate::endpoint::{EncryptionKey, Endpoint, SecretStorageError};
use crate::receiver::needed_events::Needed;
use crate::store::{Store, StoreError};

#[derive(Clone, Debug, Args)]
pub(super) struct ToolArgs {
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
    #[command(flatten)]
    stripe: StripeArgs,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct EventArgs {
    /// Leave out the events that only the built-in mirror needs
    #[arg(long)]
    without_mirror: bool,
}

pub(super) struct Tools {
    pub(super) store: Store,
    pub(super) clients: Clients,
    /// Whether there are secret keys of which no client could be made.
    pub(super) has_unusable_keys: bool,
    /// The keys of secrets in the database; the first one encrypts.
    pub(super) encryption_keys: Vec<EncryptionKey>,
    /// The events that the receivers listen to.
    pub(super) needed: Needed,
    /// Those that the application's own receivers listen to.
    pub(super) own: Needed,
}

impl Tools {
    pub(super) async fn open(
        builder: Builder,
        arguments: ToolArgs,
        events: EventArgs,
    ) -> Result<Self, CommandError> {
        let builder = arguments.database.apply(builder);
        let builder = arguments.stripe.apply(builder);
        let registry = builder.registry()?;
        let needed = Needed::by(&registry, !events.without_mirror);
        let (clients, encryption_keys) = (builder.clients()?, builder.open_keys()?);
        Ok(Self {
            store: open_migrated(&builder).await?,
            clients,
            has_unusable_keys: false,
            encryption_keys,
            needed,
            own: Needed::by(&registry, false),
        })
    }

    /// The client of the endpoint's own account.
    pub(super) fn client_of(&self, endpoint: &Endpoint) -> Option<&Client> {
        self.clients.of(endpoint.own_account.as_deref())
    }

    /// The client of the endpoint's own account. Fails without a secret key of that account.
    pub(super) fn client(&self, endpoint: &Endpoint) -> Result<&Client, CommandError> {
        let client = self.client_of(endpoint);
        client.ok_or_else(|| match &endpoint.own_account {
            Some(account) => {
                format!("no secret key of {account}: set STRIPE_ACCOUNT_KEYS={account}=sk_…").into()
            }
            None => "no secret key of Stripe's API: set STRIPE_SECRET_KEY".into(),
        })
    }

    /// The events that Stripe has to send to the endpoint, which is one of `all`. There are none if a
    /// thin destination has taken over from it and sends everything.
    pub(super) fn events_of(&self, endpoint: &Endpoint, all: &[Endpoint]) -> Vec<String> {
        if endpoint.kind.is_thin() {
            self.needed.for_thin()
        } else if is_taken_over(endpoint, all) {
            self.needed.without_thin()
        } else {
            self.needed.for_snapshot()
        }
    }

    /// The key that encrypts. Fails if there is none.
    pub(super) fn key(&self) -> Result<&EncryptionKey, SecretStorageError> {
        self.encryption_keys
            .first()
            .ok_or(SecretStorageError::NoKey)
    }

    pub(super) async fn endpoint(&self, id: Uuid) -> Result<Endpoint, CommandError> {
        self.store
            .endpoint(id)
            .await?
            .ok_or_else(|| format!("no endpoint {id}").into())
    }

    /// Writes an endpoint that was read before; fails if it has changed since.
    pub(super) async fn update(&self, endpoint: &Endpoint) -> Result<(), CommandError> {
        if self.store.update_endpoint(endpoint).await? {
            Ok(())
        } else {
            let id = endpoint.id;
            Err(
                format!("endpoint {id} was changed by another process; run the command again")
                    .into(),
            )
        }
    }
}

/// Whether a thin destination has taken over from the endpoint, which is one of `all`.
pub(super) fn is_taken_over(endpoint: &Endpoint, all: &[Endpoint]) -> bool {
    let takes_over = |other: &Endpoint| {
        let from = other.take_over.as_ref();
        from.is_some_and(|from| from.endpoint == endpoint.id && from.cut_over_at.is_some())
    };
    all.iter().any(takes_over)
}

/// All endpoints, newest first.
pub(in crate::cli) async fn all_endpoints(store: &Store) -> Result<Vec<Endpoint>, StoreError> {
    store.endpoints(u32::MAX).await
}
