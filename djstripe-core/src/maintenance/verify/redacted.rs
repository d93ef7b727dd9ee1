//! Objects of forgotten customers are not compared: their rows differ from Stripe's objects, and stay
//! as they are.

use djstripe_models::ModelDescriptor;

use super::error::VerifyError;
use super::listed_object::ListedObject;
use super::verifier::Verifier;
use crate::maintenance::scope::Scope;
use crate::store;

impl Verifier<'_> {
    /// Those of the listed objects that are compared. The others are counted.
    pub(super) async fn without_redacted(
        &self,
        scope: &Scope,
        listed: Vec<ListedObject>,
    ) -> Result<Vec<ListedObject>, VerifyError> {
        let mut compared = Vec::with_capacity(listed.len());
        let mut left = listed;
        while let Some(first) = left.first() {
            let descriptor = first.descriptor;
            let (same, others): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|object| object.descriptor.object == descriptor.object);
            let ids = same.iter().map(|object| object.id.clone()).collect();
            let ids = self.unredacted_ids(scope, descriptor, ids).await?;
            compared.extend(same.into_iter().filter(|object| ids.contains(&object.id)));
            left = others;
        }
        Ok(compared)
    }

    /// Those of the ids that are compared. The others are counted.
    pub(super) async fn unredacted_ids(
        &self,
        scope: &Scope,
        descriptor: &ModelDescriptor,
        mut ids: Vec<String>,
    ) -> Result<Vec<String>, VerifyError> {
        let scope = store::Scope {
            account: scope.account.clone(),
            livemode: scope.livemode,
        };
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let redacted = self.store.redacted(&scope, descriptor.object, &all).await?;
        for id in &redacted {
            self.report.redacted(descriptor.object, &scope, id);
        }
        ids.retain(|id| !redacted.contains(id));
        Ok(ids)
    }
}
