//! What a customer is entitled to.
//!
//! In: a customer's id and the event's summary. Out: writes of the customer, its entitlements, and the end of those
//! that it has no more.

use djstripe_models::{ModelDescriptor, descriptor};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::{Content, observed_at};
use super::{Fetched, Mirror, MirrorError, Target, id_of};
use crate::client::{Method, Request};
use crate::receiver::writes::Write;
use crate::store::TableName;

impl Mirror<'_> {
    /// Refreshes a customer and what it is entitled to. Without a key the event's own summary counts, if it is complete.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn update_entitlements(&self, customer: &str) -> Result<(), MirrorError> {
        const OBJECT: &str = "entitlements.active_entitlement";
        let (Some(of_customer), Some(of_entitlement)) =
            (descriptor("customer"), descriptor(OBJECT))
        else {
            return Ok(());
        };
        let target = |descriptor: &'static ModelDescriptor, id: &str| {
            let table = TableName::new(descriptor.table?);
            Some(Target {
                descriptor,
                table,
                id: id.to_owned(),
                json: "{}",
            })
        };
        let (Some(whose), Some(entitlement)) =
            (target(of_customer, customer), target(of_entitlement, ""))
        else {
            return Ok(());
        };
        let (entitlements, version, observed_at) =
            if self.services.refetches(&whose, self.event).await? {
                if let Ok(request) = Request::retrieve("customer", customer)
                    && let Fetched::Found {
                        json,
                        started_at,
                        deleted: false,
                    } = self.fetch(of_customer, customer, request).await?.as_ref()
                {
                    self.write_content(&whose, json, Content::Fetched(*started_at), true)
                        .await?;
                }
                let request = Request::new(Method::Get, "/v1/entitlements/active_entitlements")
                    .param("customer", customer);
                let (items, started_at) = self.list_all(request).await?;
                (items, Some(crate::webhook::API_VERSION), started_at)
            } else {
                let Some(items) = self.summary() else {
                    tracing::warn!(
                        event = self.event.id(),
                        "the summary is not complete, and there is no key to fetch it"
                    );
                    return Ok(());
                };
                (items, self.event.api_version(), observed_at(self.event))
            };
        let mut ids = Vec::new();
        for item in &entitlements {
            let Some(id) = id_of(item) else { continue };
            let row = Target {
                id: id.clone(),
                descriptor: entitlement.descriptor,
                table: entitlement.table,
                json: "{}",
            };
            self.writes
                .push(row.row(item.get(), version, observed_at, false));
            ids.push(id);
        }
        self.writes.push(Write::Entitlements {
            customer: customer.to_owned(),
            ids,
            observed_at,
        });
        Ok(())
    }

    /// The entitlements in the event's summary, if it has all of them.
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
        let Summary { entitlements } = serde_json::from_str(self.event.object_json()?).ok()?;
        (!entitlements.has_more).then_some(entitlements.data)
    }
}
