//! Looks at rows before they are written: those of forgotten customers are left as they are, or
//! blanked.

use std::collections::BTreeSet;

use djstripe_models::{DESCRIPTORS, ModelDescriptor};
use serde_json::Value;

use super::blank::Blanking;
use super::marks::{Mark, Marks, NewMark};
use super::owner::{add_mentioned, owner};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::objects::observation::Observation;
use crate::store::row::TableName;

/// What becomes of an observation.
#[derive(Debug)]
pub(in crate::store) enum Screened {
    /// It is written.
    Write(Box<Observation>),
    /// The row is frozen and stays as it is.
    Frozen,
    /// The row is frozen, but the object is deleted now.
    Deleted,
}

/// The ids by which marks concern these observations.
pub(in crate::store) fn ids(rows: &[Observation]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for row in rows {
        ids.insert(row.key.2.clone());
        ids.extend(row.parent.iter().map(|(_, id)| id.clone()));
        add_mentioned(&row.stripe_data, &mut ids);
    }
    ids
}

/// What becomes of each observation, and the marks of objects that are a forgotten customer's and
/// have none.
pub(in crate::store) fn screen(
    table: TableName,
    rows: &[Observation],
    marks: &Marks,
) -> (Vec<Screened>, Vec<NewMark>) {
    let of = DESCRIPTORS
        .iter()
        .find(|of| of.table == Some(table.as_str()));
    let mut new = Vec::new();
    let screened = rows
        .iter()
        .map(|row| match of {
            Some(of) => one(of, row, marks, &mut new),
            None => Screened::Write(Box::new(row.clone())),
        })
        .collect();
    (screened, new)
}

/// Those of these observations that may be written, blanked. Their objects are marked already.
pub(in crate::store) fn writable(
    table: TableName,
    rows: &[Observation],
    marks: &Marks,
) -> Vec<Observation> {
    let (screened, _) = screen(table, rows, marks);
    screened
        .into_iter()
        .filter_map(|screened| match screened {
            Screened::Write(row) => Some(*row),
            Screened::Frozen | Screened::Deleted => None,
        })
        .collect()
}

fn one(of: &ModelDescriptor, row: &Observation, marks: &Marks, new: &mut Vec<NewMark>) -> Screened {
    let (account, livemode, id) = &row.key;
    let scope = (account.clone(), *livemode);
    let own = marks.get(&scope, of.object, id);
    match &own {
        Some(Mark { frozen: true, .. }) if row.deleted_at.is_some() => return Screened::Deleted,
        Some(Mark { frozen: true, .. }) => return Screened::Frozen,
        _ => {}
    }

    let value: Value = serde_json::from_str(&row.stripe_data).unwrap_or_default();
    let known = |object: &str, id: &str| marks.get(&scope, object, id);
    let parent = row.parent.as_ref().map(|(object, id)| (&**object, &**id));
    let is_new = own.is_none();
    let owned = own.or_else(|| owner(Some(of.object), &value, parent, known));
    let part = |value: &Value| owner(None, value, None, known).map(|mark| mark.keeps_metadata);
    let blanking = Blanking {
        whole: owned.is_some(),
        keeps_metadata: owned.as_ref().is_some_and(|mark| mark.keeps_metadata),
        part: Some(&part),
        ..Blanking::default()
    };
    // The string is canonical JSON, which can be blanked.
    let blanked = blanking.blank(&row.stripe_data);
    let mut row = row.clone();
    if let Some(blanked) = blanked {
        row.stripe_data = blanked.json;
    }
    if let Some(mark) = owned.filter(|_| is_new) {
        new.push(NewMark {
            scope,
            object: of.object.to_owned(),
            id: row.key.2.clone(),
            mark: mark.of_later(),
        });
    }
    Screened::Write(Box::new(row))
}

/// Marks a frozen row as that of a deleted object; everything else in it stays.
pub(in crate::store) fn end(table: TableName, row: &Observation, now: i64) -> Statement<'_, ()> {
    let (account, livemode, id) = &row.key;
    Statement::new(format!(
        "UPDATE {table} SET deleted_at = coalesce(deleted_at, ?), djstripe_updated = ? \
         WHERE account = ? AND livemode = ? AND id = ?"
    ))
    .bind(Bind::BigInt(row.deleted_at))
    .bind(now)
    .bind(&**account)
    .bind(*livemode)
    .bind(&**id)
}
