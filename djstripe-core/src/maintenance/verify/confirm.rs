//! From candidates to findings: compared a second time, repaired on request, reported.

use std::collections::{HashMap, HashSet};

use super::candidate::{Candidate, ObjectKey};
use super::compare::{Versions, differing_fields};
use super::error::VerifyError;
use super::listed_object::ListedObject;
use super::report::{Finding, FindingKind};
use super::verifier::Verifier;
use super::{dashboard_url, money};
use crate::maintenance::scope::Scope;
use crate::mirror::references::{PartialList, contents, owned_tables};
use crate::store::{
    CompleteList, ObjectContent, ObjectRow, Parent, RowSource, StoreError, TableName,
};

impl Verifier<'_> {
    /// The objects that differ from their rows. A row that was observed after the request was
    /// started counts as right.
    pub(super) async fn find_candidates(
        &self,
        scope: &Scope,
        listed: Vec<ListedObject>,
    ) -> Result<Vec<Candidate>, VerifyError> {
        let mut candidates = Vec::new();
        for (table, listed) in by_table(listed, |object| object.table) {
            let ids: Vec<&str> = listed.iter().map(|object| &*object.id).collect();
            let mut rows = self.rows(scope, table, &ids).await?;
            for object in listed {
                let row = rows.remove(&object.id);
                candidates.extend(self.candidate(object, row));
            }
        }
        Ok(candidates)
    }

    fn candidate(&self, listed: ListedObject, row: Option<ObjectContent>) -> Option<Candidate> {
        let (kind, fields) = match &row {
            Some(row) if row.observed_at > listed.at => return None,
            Some(row) if !row.deleted => {
                // The mirror itself writes the subscriber's key into the metadata of customers.
                let own_key = self.settings.subscriber_key.as_deref();
                let own_key = own_key.filter(|_| listed.descriptor.object == "customer");
                // The row may be of a time when no field was left out.
                let stored = self.settings.dropped.strip(&row.stripe_data);
                let versions = Versions::of_row(row.api_version.as_deref());
                let fields = differing_fields(&listed.json, &stored, own_key, versions);
                match &row.incomplete {
                    Some(paths) if fields.is_empty() => {
                        let paths = paths.split(',').map(str::to_owned);
                        (FindingKind::Incomplete, paths.collect())
                    }
                    _ => (FindingKind::Differing, fields),
                }
            }
            Some(_) | None => (FindingKind::Missing, Vec::new()),
        };

        let differs = kind == FindingKind::Missing || !fields.is_empty();
        differs.then_some(Candidate {
            kind,
            listed,
            fields,
            row,
        })
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

    /// Reports the candidates that the second look confirms. A field whose value differs between
    /// the two looks changes by itself or has just been changed: it is left undecided.
    pub(super) async fn confirm(
        &self,
        scope: &Scope,
        first: Vec<Candidate>,
        second: Vec<Candidate>,
    ) -> Result<(), VerifyError> {
        let first: HashMap<ObjectKey, Candidate> = first
            .into_iter()
            .map(|candidate| (candidate.key(), candidate))
            .collect();
        let mut confirmed = Vec::with_capacity(second.len());
        for mut candidate in second {
            let Some(before) = first.get(&candidate.key()) else {
                continue;
            };
            if candidate.kind == FindingKind::Differing {
                let (before, now) = (&before.listed.json, &candidate.listed.json);
                let changing = differing_fields(before, now, None, Versions::Same);
                candidate.fields.retain(|field| !changing.contains(field));
                if candidate.fields.is_empty() {
                    let object = candidate.listed.descriptor.object;
                    self.report.undecided(object, 1);
                    continue;
                }
            }
            confirmed.push(candidate);
        }

        let repaired = if self.options.repair {
            self.repair(scope, &confirmed).await?
        } else {
            HashSet::new()
        };
        for candidate in confirmed {
            let is_repaired = repaired.contains(&candidate.key());
            self.report.found(&finding(scope, candidate, is_repaired));
        }
        Ok(())
    }

    /// Writes what Stripe returned, like any other observation, and reads the rows again. Returns
    /// the objects whose rows are right now.
    async fn repair(
        &self,
        scope: &Scope,
        candidates: &[Candidate],
    ) -> Result<HashSet<ObjectKey>, VerifyError> {
        let mut repaired = HashSet::new();
        let tables = by_table(candidates.iter().collect(), |candidate| {
            candidate.listed.table
        });
        for (table, candidates) in tables {
            let incomplete: Vec<Option<String>> = candidates
                .iter()
                .map(|candidate| self.left_incomplete(&candidate.listed))
                .collect();
            let observations: Vec<ObjectRow<'_>> = candidates
                .iter()
                .zip(&incomplete)
                .filter_map(|(candidate, incomplete)| {
                    observation(scope, candidate, incomplete.as_deref())
                })
                .collect();
            self.store.upsert_objects(table, &observations).await?;
            for Candidate { kind, listed, .. } in &candidates {
                if *kind == FindingKind::Extra {
                    self.end(scope, listed).await?;
                }
            }

            let ids = candidates.iter().map(|candidate| &*candidate.listed.id);
            let rows = self.rows(scope, table, &ids.collect::<Vec<_>>()).await?;
            let right = candidates.iter().filter(|candidate| {
                let row = rows.get(&candidate.listed.id);
                row.is_some_and(|row| is_right(candidate, row))
            });
            repaired.extend(right.map(|candidate| candidate.key()));
        }
        Ok(repaired)
    }

    /// The paths of lists of which the object shows only the first page, and whose children are not
    /// among what is compared.
    fn left_incomplete(&self, listed: &ListedObject) -> Option<String> {
        let found = contents(&listed.json);
        let is_left = |list: &&PartialList| {
            list.is_of(listed.descriptor, &listed.id)
                && list
                    .children()
                    .is_some_and(|child| !self.wanted.contains(child.object))
        };
        let lists = found.partial_lists.iter().filter(is_left);
        let paths: Vec<&str> = lists.map(|list| &*list.path).collect();
        (!paths.is_empty()).then(|| paths.join(","))
    }

    /// Does what the mirror does with a deleted object besides its tombstone: its children end, and
    /// a customer is purged.
    async fn end(&self, scope: &Scope, listed: &ListedObject) -> Result<(), StoreError> {
        let owned: Vec<TableName> = owned_tables(listed.descriptor).collect();
        let is_customer = listed.descriptor.object == "customer";
        if owned.is_empty() && !is_customer {
            return Ok(());
        }

        let mut transaction = self.store.begin().await?;
        let mut db = transaction.db().await?;
        if is_customer {
            db.purge_customer(&scope.account, scope.livemode, &listed.id, listed.at)
                .await?;
        }
        for table in owned {
            let list = CompleteList {
                account: scope.account.clone(),
                livemode: scope.livemode,
                object: listed.descriptor.object,
                id: listed.id.clone(),
                at: listed.at,
                children: Vec::new(),
                event_id: None,
            };
            db.end_children(table, vec![list]).await?;
        }
        transaction.commit().await
    }
}

/// Whether a row is right after a repair.
fn is_right(candidate: &Candidate, row: &ObjectContent) -> bool {
    if row.observed_at > candidate.listed.at {
        return true;
    }
    match candidate.kind {
        FindingKind::Extra => row.deleted,
        FindingKind::Incomplete => row.incomplete.is_none(),
        FindingKind::Missing | FindingKind::Differing => {
            let json = &candidate.listed.json;
            let fields = differing_fields(json, &row.stripe_data, None, Versions::Same);
            !row.deleted && fields.is_empty()
        }
    }
}

/// What a repair writes: the object, or, of an extra row, its own content as a tombstone.
fn observation<'s>(
    scope: &'s Scope,
    candidate: &'s Candidate,
    incomplete: Option<&'s str>,
) -> Option<ObjectRow<'s>> {
    let is_extra = candidate.kind == FindingKind::Extra;
    let stripe_data = if is_extra {
        &candidate.row.as_ref()?.stripe_data
    } else {
        &candidate.listed.json
    };
    Some(ObjectRow {
        account: &scope.account,
        livemode: scope.livemode,
        id: &candidate.listed.id,
        stripe_data,
        api_version: Some(crate::webhook::API_VERSION),
        observed_at: candidate.listed.at,
        deleted: is_extra,
        source: RowSource::Fetched,
        parent: candidate.listed.parent.map(|object| Parent {
            object,
            id: &candidate.listed.owner,
        }),
        incomplete: incomplete.filter(|_| !is_extra),
        ..ObjectRow::default()
    })
}

fn finding(scope: &Scope, candidate: Candidate, is_repaired: bool) -> Finding {
    let Candidate {
        kind,
        listed,
        fields,
        row,
    } = candidate;
    let object = listed.descriptor.object;
    let stripe = (kind != FindingKind::Extra).then_some(&*listed.json);
    let row = row.filter(|_| kind != FindingKind::Missing);
    let row = row.as_ref().map(|row| &*row.stripe_data);

    Finding {
        kind,
        object,
        money: Some(kind)
            .filter(|kind| *kind != FindingKind::Incomplete)
            .and_then(|_| money::at_risk(object, stripe, row)),
        link: dashboard_url::dashboard_url(object, &scope.account, scope.livemode, &listed.id),
        account: scope.account.clone(),
        livemode: scope.livemode,
        id: listed.id,
        fields,
        repaired: is_repaired,
    }
}

/// Groups by table, in the order of the tables' names.
fn by_table<T>(mut items: Vec<T>, table: impl Fn(&T) -> TableName) -> Vec<(TableName, Vec<T>)> {
    items.sort_by_key(&table);
    let mut groups: Vec<(TableName, Vec<T>)> = Vec::new();
    for item in items {
        let name = table(&item);
        match groups.last_mut() {
            Some((last, group)) if *last == name => group.push(item),
            _ => groups.push((name, vec![item])),
        }
    }
    groups
}
