//! Rows that no list has shown: each is asked for by its id, as lists leave out more than what is gone.

use djstripe_models::{ModelDescriptor, descriptor};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::VerifyError;
use super::accounts::Scope;
use super::confirm::Suspect;
use super::fetch_one::Look;
use super::page::Told;
use super::report::FindingKind;
use super::verifier::{ROWS, Sight, Verifier, live};
use crate::maintenance::lists;
use crate::store::TableName;
use crate::timestamp::Timestamp;

/// Objects that are asked for at a time.
const AT_A_TIME: usize = 8;

impl Verifier<'_> {
    /// Looks for rows that no list of this walk has shown. Rows observed since it begun are as new as it is.
    pub(super) async fn extras(
        &self,
        scope: &Scope,
        sight: &Sight,
        begun: Timestamp,
    ) -> Result<(), VerifyError> {
        for object in &self.wanted.objects {
            let is_unread = sight.is_skipped(object)
                || !lists::carriers(object).is_empty()
                    && lists::carriers(object)
                        .iter()
                        .all(|carrier| sight.is_skipped(carrier));
            let Some(descriptor) = descriptor(object).filter(|_| !is_unread) else {
                continue;
            };
            let Some(rows) = live(scope, descriptor, Some(begun)) else {
                continue;
            };
            let mut after = String::new();
            loop {
                let ids = self.store.live_ids(rows, &after, ROWS).await?;
                let Some(last) = ids.last() else { break };
                after = last.clone();
                self.by_id(scope, descriptor, sight.unseen(object, ids))
                    .await?;
            }
        }
        Ok(())
    }

    /// Compares rows with what Stripe has under their ids.
    pub(super) async fn by_id(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        ids: Vec<String>,
    ) -> Result<(), VerifyError> {
        let Some(table) = descriptor.table.map(TableName::new) else {
            return Ok(());
        };
        let (first, unknown) = self.examine(scope, descriptor, table, &ids).await?;
        self.report
            .compared(descriptor.object, (ids.len() - unknown) as u64);
        self.report.undecided(descriptor.object, unknown as u64);
        if first.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(self.options.patience).await;
        let ids: Vec<String> = first
            .iter()
            .map(|suspect| suspect.told.id.clone())
            .collect();
        let (second, _) = self.examine(scope, descriptor, table, &ids).await?;
        self.settle(scope, first, second).await
    }

    /// What looks wrong with these rows, and of how many nothing can be said.
    async fn examine(
        &self,
        scope: &Scope,
        descriptor: &'static ModelDescriptor,
        table: TableName,
        ids: &[String],
    ) -> Result<(Vec<Suspect>, usize), VerifyError> {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let rows = self.rows(scope, table, &ids).await?;
        let looks: Vec<(String, Look)> =
            stream::iter(rows.into_values().filter(|row| !row.deleted))
                .map(async |row| {
                    let look = self
                        .look(scope, descriptor, &row.id, &row.stripe_data)
                        .await?;
                    Ok::<_, VerifyError>((row.id, look))
                })
                .buffer_unordered(AT_A_TIME)
                .try_collect()
                .await?;
        let (mut there, mut gone, mut unknown) = (Vec::new(), Vec::new(), 0);
        for (id, look) in looks {
            match look {
                Look::There(told) => there.push(told),
                Look::Gone(at) => gone.push((id, at)),
                Look::Unknown => unknown += 1,
            }
        }
        let mut suspects = self.compare(scope, there).await?;
        let ids: Vec<&str> = gone.iter().map(|(id, _)| &**id).collect();
        let mut rows = self.rows(scope, table, &ids).await?;
        for (id, at) in gone {
            let Some(row) = rows
                .remove(&id)
                .filter(|row| !row.deleted && row.observed_at <= at)
            else {
                continue;
            };
            let told = Told {
                descriptor,
                table,
                owner: id.clone(),
                id,
                json: "{}".to_owned(),
                at,
            };
            suspects.push(Suspect {
                kind: FindingKind::Extra,
                told,
                fields: Vec::new(),
                row: Some(row),
            });
        }
        Ok((suspects, unknown))
    }
}
