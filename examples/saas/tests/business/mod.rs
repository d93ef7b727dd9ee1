//! The application under test, and its Stripe.
#![allow(dead_code, reason = "each test uses a part of it")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use djstripe_core::Djstripe;
use djstripe_core::mirror::RefetchPolicy;
use djstripe_core::store::EventState;
use djstripe_core::testing::{FakeStripe, TestDatabase};
use saas::{Mailer, Plan};
use serde_json::json;
use tower_service::Service;

/// The price that is sold.
pub(crate) const PRICE: &str = "price_pro";

/// The application under test, and its Stripe.
pub(crate) struct Business {
    pub(crate) stripe: FakeStripe,
    pub(crate) app: Djstripe,
    pub(crate) mailer: Mailer,
    routes: Router,
}

impl Business {
    /// A business that sells one price. Unless it fetches objects, it knows what events tell it.
    pub(crate) async fn open(database: &TestDatabase, fetches: bool) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        stripe.insert(json!({ "object": "product", "id": "prod_pro", "name": "Pro" }));
        stripe.insert(json!({
            "object": "price", "id": PRICE, "product": "prod_pro", "type": "recurring",
            "currency": "eur", "unit_amount": 900,
            "recurring": { "interval": "month", "usage_type": "licensed" },
        }));

        let mailer = Mailer::default();
        let policy = if fetches {
            RefetchPolicy::Always
        } else {
            RefetchPolicy::Never
        };
        let app = saas::builder(mailer.clone())
            .mirror(saas::mirror().refetch(policy))
            .database_url(database.url())
            .webhook_secret(stripe.webhook_secret())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .build()
            .await
            .unwrap();
        let plan = Plan {
            price: PRICE.to_owned(),
            url: "https://saas.example".to_owned(),
        };
        Self {
            stripe,
            routes: saas::routes(app.clone(), plan),
            app,
            mailer,
        }
    }

    /// The status of a page, and its text.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        self.request(Method::GET, path, "").await
    }

    /// The status of a page, and its text or where it leads to.
    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.request(Method::POST, path, body).await
    }

    async fn request(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.routes.clone().call(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let text = match head.headers.get(header::LOCATION) {
            Some(location) => location.to_str().unwrap().to_owned(),
            None => String::from_utf8(to_bytes(body, 4096).await.unwrap().to_vec()).unwrap(),
        };
        (head.status.as_u16(), text)
    }

    /// Delivers all events that Stripe has, the newest first, and then again in their order.
    pub(crate) async fn hears_all(&self) {
        let mut events = self.stripe.objects("event");
        events.sort_by_key(|event| std::cmp::Reverse(event["created"].as_i64()));
        self.stripe.deliver_to(&self.app, &events).await.unwrap();
        events.reverse();
        self.stripe.deliver_to(&self.app, &events).await.unwrap();
    }

    /// The subjects of the mails that were sent, in their order.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let mails = self.mailer.sent().into_iter();
        mails.map(|mail| mail.subject).collect()
    }

    /// The number of events that are not processed.
    pub(crate) async fn failed(&self) -> i64 {
        let counts = self.app.store().state_counts().await.unwrap();
        [EventState::Pending, EventState::Retrying, EventState::Dead]
            .map(|state| counts.get(state))
            .iter()
            .sum()
    }
}
