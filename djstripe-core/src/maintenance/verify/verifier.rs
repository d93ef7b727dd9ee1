//! The context of a verification: it goes through the scopes, and skips what Stripe refuses.

use djstripe_models::ModelDescriptor;

use super::error::VerifyError;
use super::options::VerifyOptions;
use super::report::{Report, Skipped, VerifySummary};
use super::wanted::Wanted;
use crate::client::{Client, ClientError};
use crate::error::describe;
use crate::maintenance::lists::{ACCOUNT, List, Parent};
use crate::maintenance::refusal::Refusal;
use crate::maintenance::scope::Scope;
use crate::mirror::MirrorSettings;
use crate::store::{LiveRows, Store, TableName};
use crate::timestamp::Timestamp;

/// Rows that are read at a time.
pub(super) const ROWS: u32 = 200;

/// The context of a verification.
pub(super) struct Verifier<'v> {
    pub(super) store: &'v Store,
    pub(super) client: &'v Client,
    pub(super) settings: &'v MirrorSettings,
    pub(super) options: &'v VerifyOptions,
    pub(super) wanted: Wanted,
    pub(super) report: Report<'v>,
}

/// Why a list was not compared to its end.
pub(super) enum Stopped {
    /// A request failed, possibly for this list only.
    Client(ClientError),
    /// The whole verification ends.
    Verify(VerifyError),
}

impl From<VerifyError> for Stopped {
    fn from(error: VerifyError) -> Self {
        Self::Verify(error)
    }
}

impl Verifier<'_> {
    pub(super) async fn run(self) -> Result<VerifySummary, VerifyError> {
        for scope in self.scopes().await? {
            if !self.is_accessible(&scope).await? {
                continue;
            }
            match self.options.sample {
                Some(count) => self.compare_sample(&scope, count).await?,
                None => self.compare_all(&scope).await?,
            }
        }

        let (summary, lists_read) = self.report.finish();
        match summary.skipped.first() {
            Some(Skipped { object, reason, .. }) if lists_read == 0 => {
                Err(VerifyError::NothingReadable {
                    object,
                    reason: reason.clone(),
                })
            }
            _ => Ok(summary),
        }
    }

    /// The lists of a scope. Accounts connected to a connected account are not ours and are
    /// skipped.
    pub(super) fn lists(&self, scope: &Scope) -> impl Iterator<Item = &List> {
        let is_platform = scope.is_own();
        self.wanted
            .lists
            .iter()
            .filter(move |list| is_platform || list.descriptor.object != ACCOUNT)
    }

    /// The next parents of a list. Objects below an account belong to that account, and are
    /// compared in its scope.
    pub(super) async fn parents(
        &self,
        scope: &Scope,
        list: &List,
        after: &str,
    ) -> Result<Vec<String>, VerifyError> {
        let Some(Parent { descriptor, .. }) = list.parent else {
            return Ok(Vec::new());
        };
        if descriptor.object == ACCOUNT {
            let own = Some(&scope.account).filter(|_| !scope.is_own());
            let own = own.filter(|account| **account != after);
            return Ok(own.into_iter().cloned().collect());
        }

        match live_rows(scope, descriptor, None) {
            Some(rows) => Ok(self.store.live_ids(rows, after, ROWS).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Skips this type of object. If the error concerns all types, nothing more can be compared.
    pub(super) fn skip_or_fail(
        &self,
        object: &'static str,
        scope: &Scope,
        error: ClientError,
    ) -> Result<(), VerifyError> {
        let refusal = Refusal::of(&error);
        if refusal.is_none() && concerns_all(&error) {
            return Err(self.failed(object, error));
        }

        let is_omission = refusal
            .as_ref()
            .is_none_or(|refusal| !refusal.is_not_enabled);
        self.report.skipped(Skipped {
            object,
            account: scope.account.clone(),
            livemode: scope.livemode,
            reason: refusal.map_or_else(|| describe(&error), |refusal| refusal.reason),
            is_omission,
        });
        Ok(())
    }

    pub(super) fn failed(&self, object: &'static str, source: ClientError) -> VerifyError {
        VerifyError::Client { object, source }
    }
}

/// Whether an error is not about one list: the key is wrong, or Stripe can't be reached.
fn concerns_all(error: &ClientError) -> bool {
    match error {
        ClientError::Api(api) => api.status == 401,
        ClientError::Malformed { .. } => false,
        _ => true,
    }
}

/// The live rows of a type in a scope, if the type has a table; only rows observed before this
/// time, if one is given.
pub(super) fn live_rows<'s>(
    scope: &'s Scope,
    descriptor: &'static ModelDescriptor,
    before: Option<Timestamp>,
) -> Option<LiveRows<'s>> {
    let table = TableName::new(descriptor.table?);
    Some(LiveRows {
        table,
        account: &scope.account,
        livemode: scope.livemode,
        before,
    })
}
