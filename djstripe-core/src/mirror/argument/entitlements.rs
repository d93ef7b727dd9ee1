//! A customer's entitlements.
//!
//! In: a customer's id and the event's summary. Out: writes of the customer and its entitlements,
//! and the end of the entitlements that it no longer has.

use djstripe_models::{ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::observed_at;
use super::mirror::Mirror;
use crate::client::{Method, Request};
use crate::mirror::error::MirrorError;
use crate::mirror::object_key::{ObjectKey, Observed};
use crate::mirror::references::id_of;
use crate::mirror::refresher::FetchOutcome;
use crate::receiver::writes::Write;

impl Mirror<'_> {
    /// Refreshes a customer and its entitlements. Without a key, the event's summary is used if it
    /// is complete.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn update_entitlements(&self, customer: &str) -> Result<(), MirrorError> {
        let Some(entitlement) = descriptor("entitlements.active_entitlement") else {
            return Ok(());
        };
        let Some(customer_key) = descriptor("customer")
            .and_then(|descriptor| ObjectKey::new(descriptor, customer.to_owned()))
        else {
            return Ok(());
        };

        if self.services.can_fetch(&customer_key, self.event).await? {
            self.refresh_customer(&customer_key).await?;
            let request = Request::new(Method::Get, "/v1/entitlements/active_entitlements")
                .param("customer", customer);
            let (items, started_at) = self.list_all(request).await?;
            let observed = Observed::fetched(started_at);
            self.write_entitlements(entitlement, customer, &items, observed);
        } else if let Some(items) = self.summary() {
            let observed = self.payload_observed(observed_at(self.event));
            self.write_entitlements(entitlement, customer, &items, observed);
        } else {
            tracing::warn!(
                event = self.event.id(),
                "the summary is incomplete, and there is no key to fetch the rest"
            );
        }
        Ok(())
    }

    async fn refresh_customer(&self, key: &ObjectKey) -> Result<(), MirrorError> {
        let Ok(request) = Request::retrieve("customer", &key.id) else {
            return Ok(());
        };
        let outcome = self.fetch(key.descriptor, &key.id, request).await?;

        if let FetchOutcome::Found {
            json,
            started_at,
            deleted: false,
        } = &*outcome
        {
            let observed = Observed::fetched(*started_at);
            self.write_content(key, json, observed, true).await?;
        }
        Ok(())
    }

    fn write_entitlements(
        &self,
        descriptor: &'static ModelDescriptor,
        customer: &str,
        items: &[Box<RawValue>],
        observed: Observed<'_>,
    ) {
        let mut ids = Vec::new();
        for item in items {
            let Some(key) = id_of(item).and_then(|id| ObjectKey::new(descriptor, id)) else {
                continue;
            };
            let row = key.row(item.get(), &self.contents(item.get()), observed);
            self.write_row(row);
            ids.push(key.id);
        }

        self.writes.push(Write::Entitlements {
            customer: customer.to_owned(),
            ids,
            observed_at: observed.at,
        });
    }

    /// The entitlements in the event's summary, if the summary is complete.
    fn summary(&self) -> Option<Vec<Box<RawValue>>> {
        #[derive(Deserialize)]
        struct Summary {
            entitlements: List,
        }
        #[derive(Deserialize)]
        struct List {
            data: Vec<Box<RawValue>>,
            has_more: bool,
        }

        let Summary { entitlements } = serde_json::from_str(self.payload.as_deref()?).ok()?;
        (!entitlements.has_more).then_some(entitlements.data)
    }
}
