//! From what looks wrong to findings: compared a second time, put right if wanted, told.

use std::collections::{HashMap, HashSet};

use super::accounts::Scope;
use super::compare::differing;
use super::page::Told;
use super::report::{Finding, FindingKind};
use super::verifier::Verifier;
use super::{VerifyError, dashboard_url, money};
use crate::store::{ObjectContent, ObjectRow, StoreError, TableName};
use crate::timestamp::Timestamp;

/// Something that looks wrong.
#[derive(Debug)]
pub(super) struct Suspect {
    pub(super) kind: FindingKind,
    /// What Stripe says; of what it has no more only the id counts, and when that was so.
    pub(super) told: Told,
    pub(super) fields: Vec<String>,
    /// What the row holds; of what is missing a tombstone at most.
    pub(super) row: Option<ObjectContent>,
}

/// Type and id.
pub(super) type Key = (&'static str, String);

impl Suspect {
    pub(super) fn key(&self) -> Key {
        (self.told.descriptor.object, self.told.id.clone())
    }
}

impl Verifier<'_> {
    /// Those that are not in the mirror as Stripe tells them. A row that is as new as the telling counts as right.
    pub(super) async fn compare(
        &self,
        scope: &Scope,
        told: Vec<Told>,
    ) -> Result<Vec<Suspect>, VerifyError> {
        let mut suspects = Vec::new();
        for (table, told) in by_table(told, |told| told.table) {
            let ids: Vec<&str> = told.iter().map(|told| &*told.id).collect();
            let mut rows = self.rows(scope, table, &ids).await?;
            for told in told {
                let row = rows.remove(&told.id);
                let own =
                    (told.descriptor.object == "customer").then_some(&self.settings.subscriber_key);
                let own = own.and_then(Option::as_deref);
                let (kind, fields) = match &row {
                    Some(row) if row.observed_at > told.at => continue,
                    Some(row) if !row.deleted => (
                        FindingKind::Differing,
                        differing(&told.json, &row.stripe_data, own),
                    ),
                    Some(_) | None => (FindingKind::Missing, Vec::new()),
                };
                if kind == FindingKind::Missing || !fields.is_empty() {
                    suspects.push(Suspect {
                        kind,
                        told,
                        fields,
                        row,
                    });
                }
            }
        }
        Ok(suspects)
    }

    pub(super) async fn rows(
        &self,
        scope: &Scope,
        table: TableName,
        ids: &[&str],
    ) -> Result<HashMap<String, ObjectContent>, StoreError> {
        let rows = self
            .store
            .object_contents(table, &scope.account, scope.livemode, ids)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }

    /// Tells what was suspected and still is at the second look. What the two looks tell differently about a field changes
    /// by itself or has just been changed: nothing can be said of it.
    pub(super) async fn settle(
        &self,
        scope: &Scope,
        first: Vec<Suspect>,
        second: Vec<Suspect>,
    ) -> Result<(), VerifyError> {
        let first: HashMap<Key, Suspect> = first
            .into_iter()
            .map(|suspect| (suspect.key(), suspect))
            .collect();
        let mut sure = Vec::with_capacity(second.len());
        for mut suspect in second {
            let Some(before) = first.get(&suspect.key()) else {
                continue;
            };
            if suspect.kind == FindingKind::Differing {
                let moving = differing(&before.told.json, &suspect.told.json, None);
                suspect.fields.retain(|field| !moving.contains(field));
                if suspect.fields.is_empty() {
                    self.report.undecided(suspect.told.descriptor.object, 1);
                    continue;
                }
            }
            sure.push(suspect);
        }
        let repaired = if self.options.repair {
            self.repair(scope, &sure).await?
        } else {
            HashSet::new()
        };
        for suspect in sure {
            let repaired = repaired.contains(&suspect.key());
            self.report.tell(&finding(scope, suspect, repaired));
        }
        Ok(())
    }

    /// Writes what Stripe says, as any other observation, and looks at the rows again. Says which are right now.
    async fn repair(
        &self,
        scope: &Scope,
        suspects: &[Suspect],
    ) -> Result<HashSet<Key>, VerifyError> {
        let mut right = HashSet::new();
        for (table, suspects) in by_table(suspects.iter().collect(), |suspect| suspect.told.table) {
            let rows: Vec<ObjectRow<'_>> = suspects
                .iter()
                .filter_map(|suspect| observation(scope, suspect))
                .collect();
            self.store.upsert_objects(table, &rows).await?;
            for suspect in &suspects {
                if suspect.kind == FindingKind::Extra
                    && suspect.told.descriptor.object == "customer"
                {
                    self.purge(scope, &suspect.told.id, suspect.told.at).await?;
                }
            }
            let ids: Vec<&str> = suspects.iter().map(|suspect| &*suspect.told.id).collect();
            let rows = self.rows(scope, table, &ids).await?;
            let is_right = |suspect: &Suspect| {
                rows.get(&suspect.told.id).is_some_and(|row| {
                    row.observed_at > suspect.told.at
                        || match suspect.kind {
                            FindingKind::Extra => row.deleted,
                            _ => {
                                !row.deleted
                                    && differing(&suspect.told.json, &row.stripe_data, None)
                                        .is_empty()
                            }
                        }
                })
            };
            right.extend(
                suspects
                    .iter()
                    .filter(|suspect| is_right(suspect))
                    .map(|suspect| suspect.key()),
            );
        }
        Ok(right)
    }

    /// As the mirror does with customers that are deleted.
    async fn purge(&self, scope: &Scope, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.store.begin().await?;
        transaction
            .db()
            .await?
            .purge_customer(&scope.account, scope.livemode, id, at)
            .await?;
        transaction.commit().await
    }
}

/// What to write; of an extra row its own content, as gone.
fn observation<'s>(scope: &'s Scope, suspect: &'s Suspect) -> Option<ObjectRow<'s>> {
    let deleted = suspect.kind == FindingKind::Extra;
    let row = suspect.row.as_ref();
    Some(ObjectRow {
        account: &scope.account,
        livemode: scope.livemode,
        id: &suspect.told.id,
        stripe_data: if deleted {
            &row?.stripe_data
        } else {
            &suspect.told.json
        },
        api_version: Some(crate::webhook::API_VERSION),
        observed_at: suspect.told.at,
        deleted,
    })
}

fn finding(scope: &Scope, suspect: Suspect, repaired: bool) -> Finding {
    let Suspect {
        kind,
        told,
        fields,
        row,
    } = suspect;
    let object = told.descriptor.object;
    let there = (kind != FindingKind::Extra).then_some(&*told.json);
    let here = row
        .as_ref()
        .filter(|_| kind != FindingKind::Missing)
        .map(|row| &*row.stripe_data);
    Finding {
        kind,
        object,
        money: money::at_risk(object, there, here),
        link: dashboard_url::dashboard_url(object, &scope.account, scope.livemode, &told.id),
        account: scope.account.clone(),
        livemode: scope.livemode,
        id: told.id,
        fields,
        repaired,
    }
}

/// In groups of one table each, in the order of their names.
fn by_table<T>(mut items: Vec<T>, table: impl Fn(&T) -> TableName) -> Vec<(TableName, Vec<T>)> {
    items.sort_by_key(&table);
    let mut groups: Vec<(TableName, Vec<T>)> = Vec::new();
    for item in items {
        let of = table(&item);
        match groups.last_mut() {
            Some((last, group)) if *last == of => group.push(item),
            _ => groups.push((of, vec![item])),
        }
    }
    groups
}
