//! What an application does for one of its users: links, checkout, portal, access. On both backends,
//! against the fake Stripe.

mod access;
mod links;
mod pages;

use djstripe_core::mirror::MirrorSettings;
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Builder, Djstripe, receivers};
use djstripe_tests::TestDatabase;
use djstripe_tests::client::unlimited;
use djstripe_tests::users::Users;
use serde_json::{Value, json};

/// An application with the users 1 and 2, and its Stripe.
struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Shop {
    async fn open(database: &TestDatabase) -> Self {
        Self::with(database, Users::settings()).await
    }

    async fn with(database: &TestDatabase, settings: MirrorSettings) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let builder = Self::builder(&stripe, database)
            .secret_key(stripe.api_key())
            .mirror(settings);
        let app = builder.build().await.unwrap();
        stripe.clear_requests();
        Self { stripe, app }
    }

    fn builder(stripe: &FakeStripe, database: &TestDatabase) -> Builder {
        Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .api_base(stripe.base_url())
            .database_url(database.url())
            .receivers(receivers::built_in())
            .migrations(Users::migrations(2))
            .client_options(|options| {
                options.retries = 0;
                options.test = unlimited(64);
                options.live = unlimited(64);
            })
    }

    /// Adds a monthly price, `price_pro` of `prod_pro`, and a price that is paid once.
    fn with_prices(self) -> Self {
        let product = json!({ "object": "product", "id": "prod_pro", "name": "Pro" });
        let price = json!({
            "object": "price", "product": "prod_pro", "currency": "eur", "unit_amount": 900,
        });
        self.stripe.insert(product);
        for (id, kind, recurring) in [
            (
                "price_pro",
                "recurring",
                json!({ "interval": "month", "usage_type": "licensed" }),
            ),
            (
                "price_use",
                "recurring",
                json!({ "interval": "month", "usage_type": "metered" }),
            ),
            ("price_once", "one_time", Value::Null),
        ] {
            let mut price = price.clone();
            price["id"] = id.into();
            price["type"] = kind.into();
            price["recurring"] = recurring;
            self.stripe.insert(price);
        }
        self
    }

    /// Hands over the events that Stripe has and the application lacks.
    async fn hears_all(&self) {
        let mut events = self.stripe.objects("event");
        events.sort_by_key(|event| event["created"].as_i64());
        self.stripe.deliver_to(&self.app, &events).await.unwrap();
    }
}
