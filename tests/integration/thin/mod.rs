//! Thin events: one happening, whichever of its two events arrive.

mod arguments;
mod contexts;
mod listed;
mod mixed;
mod races;
mod reconciled;
mod trusted;
mod twins;
mod unmirrored;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::testing::FakeStripe;
use djstripe_core::{Builder, Djstripe, receivers};
use djstripe_tests::{TestDatabase, client, delivery, registry};
use serde_json::Value;

const SECRET: &str = "whsec_thin";

/// What the receivers saw, in the order of their runs.
type Seen = Arc<Mutex<Vec<String>>>;

/// An application, and the Stripe that its events come from.
struct Shop {
    app: Djstripe,
    stripe: FakeStripe,
    seen: Seen,
}

impl Shop {
    /// An application with a key and these receivers.
    async fn open(database: &TestDatabase, wanted: &[&str]) -> Self {
        Self::open_with(database, wanted, |builder, stripe| {
            builder
                .secret_key(stripe.api_key())
                .api_base(stripe.base_url().to_owned())
        })
        .await
    }

    async fn open_with(
        database: &TestDatabase,
        wanted: &[&str],
        configure: impl FnOnce(Builder, &FakeStripe) -> Builder,
    ) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let seen = Seen::default();
        let own = registry::receivers(|id| wanted.contains(&id));
        let builder = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .client_options(client::fast)
            .client_options(|options| options.retries = 0)
            .retry_schedule([Duration::ZERO])
            .state(Arc::clone(&seen))
            .receivers(receivers::built_in().chain(own));
        let app = configure(builder, &stripe).build().await.unwrap();
        Self { app, stripe, seen }
    }

    /// Delivers an event, and does not process it.
    async fn receive(&self, event: &Value) {
        let delivery = delivery::signed(event.to_string(), SECRET);
        self.app.receive(delivery).await.unwrap();
    }

    /// Delivers an event and processes all that is due.
    async fn deliver(&self, event: &Value) {
        self.receive(event).await;
        self.app.work_until_idle().await.unwrap();
    }

    fn take_seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// How often a path below this was requested.
    fn requests(&self, path: &str) -> usize {
        self.stripe
            .count_requests(|request| request.path.starts_with(path))
    }
}
