//! Blanks stored events, with the runs and effects that they led to.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::arrivals::{blanked, set_payload};
use super::known::KnownValues;
use super::load_in;
use super::marks::Marks;
use super::texts::{Counts, OfEvents};
use crate::store::backend::connection::{Backend, Db};
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const FIND: &str = "find the events of a customer";
const BLANK: &str = "blank events";

/// Where a search of all events has arrived.
#[derive(Clone, Debug)]
pub(crate) struct EventPosition {
    received_at: i64,
    id: String,
}

impl EventPosition {
    pub(crate) fn start() -> Self {
        Self {
            received_at: i64::MIN,
            id: String::new(),
        }
    }
}

/// The events of a customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct TheirEvents {
    /// Their ids.
    pub(crate) ids: BTreeSet<String>,
    /// Type and id of the objects that they are about.
    pub(crate) objects: BTreeSet<(String, String)>,
}

impl Store {
    /// The ids of events about these objects, at most `limit` after this one.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn events_of_objects(
        &self,
        objects: &[&str],
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let (one_of, objects) = self.one_of(objects);
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM djstripe_event WHERE object_id {one_of} AND id > ? ORDER BY id LIMIT ?"
        ))
        .bind(objects)
        .bind(after.to_owned())
        .bind(i64::from(limit));
        load!(self, FIND, select)
    }

    /// Searches the next `limit` events for this text. Returns the ids of those that have it, and where
    /// the search goes on; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn events_with_text(
        &self,
        text: &str,
        after: EventPosition,
        limit: u32,
    ) -> Result<(Vec<String>, Option<EventPosition>), StoreError> {
        let position = self.position_of_text();
        let select = Statement::<(BigInt, Text, Bool)>::new(format!(
            "SELECT received_at, id, {position}(payload, ?) > 0 FROM djstripe_event \
             WHERE (received_at, id) > (?, ?) ORDER BY received_at, id LIMIT ?"
        ))
        .bind(text.to_owned())
        .bind(after.received_at)
        .bind(after.id)
        .bind(i64::from(limit));
        let rows: Vec<(i64, String, bool)> = load!(self, FIND, select)?;

        let last = rows.last().map(|(received_at, id, _)| EventPosition {
            received_at: *received_at,
            id: id.clone(),
        });
        let with_text = rows.into_iter().filter(|(_, _, has)| *has);
        Ok((with_text.map(|(_, id, _)| id).collect(), last))
    }

    /// The function that tells where a text stands in another one.
    pub(super) fn position_of_text(&self) -> &'static str {
        match self.backend() {
            Backend::Postgres => "strpos",
            Backend::Sqlite => "instr",
        }
    }

    /// Blanks those of these events that are about objects with marks, in one transaction; with
    /// `writes` unset it only counts. Adds what was personal in them to `known`, and those that have it to
    /// `theirs`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing was changed.
    pub(crate) async fn blank_events(
        &self,
        ids: &[&str],
        marks: &Marks,
        keeps_metadata: bool,
        known: &mut KnownValues,
        theirs: &mut TheirEvents,
        writes: bool,
    ) -> Result<Counts, StoreError> {
        let mut transaction = self.begin().await?;
        let mut db = transaction.db().await?;
        let events = read(&mut db, self, ids, writes).await?;

        let mut counts = Counts::default();
        let mut blanked_ids = Vec::new();
        let emails = known.emails();
        for (id, account, livemode, payload) in events {
            let scope = (account, livemode);
            let Some(blanked) = blanked(&payload, &scope, marks, Some(&emails), Some(known)) else {
                continue;
            };
            let object = blanked.object.map(|(object, id, _)| (object, id));
            theirs.objects.extend(object);
            blanked_ids.push(id.clone());
            if blanked.fields > 0 {
                counts.events += 1;
                counts.fields += blanked.fields;
                if writes {
                    db.execute(BLANK, set_payload(blanked.json, id)).await?;
                }
            }
        }

        let ids: Vec<&str> = blanked_ids.iter().map(String::as_str).collect();
        let of_events = OfEvents {
            ids: &ids,
            keeps_metadata,
            known,
            writes,
        };
        counts += of_events.blank(&mut db, self).await?;
        if writes {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        theirs.ids.extend(blanked_ids);
        Ok(counts)
    }
}

/// Id, account, mode and payload of events.
async fn read(
    db: &mut Db<'_>,
    store: &Store,
    ids: &[&str],
    locks: bool,
) -> Result<Vec<(String, String, bool, String)>, StoreError> {
    let (one_of, ids) = store.one_of(ids);
    let lock = match store.backend() {
        Backend::Postgres if locks => " FOR UPDATE",
        Backend::Postgres | Backend::Sqlite => "",
    };
    let select = Statement::<(Text, Nullable<Text>, Bool, Text)>::new(format!(
        "SELECT id, coalesce(account, own_account), livemode, payload FROM djstripe_event \
         WHERE id {one_of} ORDER BY id{lock}"
    ))
    .bind(ids);
    let rows: Vec<(String, Option<String>, bool, String)> = load_in!(db, BLANK, select)?;
    let row = |(id, account, livemode, payload): (String, Option<String>, bool, String)| {
        (id, account.unwrap_or_default(), livemode, payload)
    };
    Ok(rows.into_iter().map(row).collect())
}
