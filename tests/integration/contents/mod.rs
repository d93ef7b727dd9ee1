//! What the objects inside an event's object do to the mirror, mostly without a key: children,
//! copies, and events of one second. On both backends.

mod children;
mod copies;
mod histories;
mod same_second;

use std::collections::BTreeMap;

use djstripe_core::models::descriptor;
use djstripe_core::store::{EventState, ObjectFilter, TableName};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Builder, Djstripe, receivers};
use djstripe_tests::{TestDatabase, client, delivery};
use serde_json::{Value, json};

/// An application, mostly without a key, and a fake Stripe that signs events for it.
pub(crate) struct Mirrored {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Mirrored {
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let app = Self::builder(&stripe, database).build().await.unwrap();
        Self { stripe, app }
    }

    /// As [`open`](Self::open), with a key.
    async fn open_with_key(database: &TestDatabase) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let app = Self::builder(&stripe, database)
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .client_options(client::fast)
            .build()
            .await
            .unwrap();
        Self { stripe, app }
    }

    fn builder(stripe: &FakeStripe, database: &TestDatabase) -> Builder {
        Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .database_url(database.url())
            .receivers(receivers::built_in())
    }

    /// Delivers and processes an event.
    pub(crate) async fn deliver(&self, event: &Value) {
        let delivery = delivery::signed(event.to_string(), &self.stripe.webhook_secret());
        self.app.receive(delivery).await.unwrap();

        self.app.work_until_idle().await.unwrap();
        let id = event["id"].as_str().unwrap();
        let (stored, _) = self.app.store().event(id).await.unwrap().unwrap();
        assert_eq!(
            stored.state,
            EventState::Processed,
            "{:?}",
            stored.last_error
        );
    }

    /// The rows of a type by id: whether they are live, and what Stripe said.
    async fn rows(&self, object: &str) -> BTreeMap<String, (bool, Value)> {
        let table = TableName::new(descriptor(object).unwrap().table.unwrap());
        let filter = ObjectFilter {
            deleted: true,
            limit: Some(1_000),
            ..ObjectFilter::default()
        };
        let rows = self.app.store().objects(table, &filter).await.unwrap();
        rows.into_iter()
            .map(|row| {
                let mut json: Value = serde_json::from_str(&row.json).unwrap();
                let key = format!("{}{}", json["account"].as_str().unwrap(), row.id);
                let is_live = json["deleted_at"].is_null();
                (key, (is_live, json["stripe_data"].take()))
            })
            .collect()
    }

    /// The ids of the live rows of a type.
    async fn live(&self, object: &str) -> Vec<String> {
        let rows = self.rows(object).await;
        let live = rows.into_iter().filter(|(_, (is_live, _))| *is_live);
        live.map(|(id, _)| id).collect()
    }

    /// A column of the row with this id, as the store shows it.
    async fn column(&self, object: &str, id: &str, column: &str) -> Value {
        let table = TableName::new(descriptor(object).unwrap().table.unwrap());
        let filter = ObjectFilter {
            id: Some(id.to_owned()),
            ..ObjectFilter::default()
        };
        let rows = self.app.store().objects(table, &filter).await.unwrap();
        let row = rows.into_iter().next().unwrap();
        let mut json: Value = serde_json::from_str(&row.json).unwrap();
        json[column].take()
    }
}

/// An event of this second.
pub(crate) fn event(id: &str, name: &str, second: i64, object: Value) -> Value {
    json!({
        "id": id, "object": "event", "type": name, "created": second, "livemode": false,
        "api_version": djstripe_core::API_VERSION, "data": { "object": object },
    })
}

/// A list with these items.
pub(crate) fn list(url: &str, has_more: bool, items: &[Value]) -> Value {
    json!({ "object": "list", "url": url, "has_more": has_more, "data": items })
}
