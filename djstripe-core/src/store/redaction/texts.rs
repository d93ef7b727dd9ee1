//! Blanks what an application has written about a customer: effects, replies, errors.
//!
//! Their JSON is the application's own: fields are blanked by their names, and values of the customer
//! replaced wherever they stand.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use diesel::sql_types::{BigInt, Nullable, Text};

use super::blank::Blanking;
use super::known::KnownValues;
use super::load_in;
use crate::store::backend::connection::{Db, Scope};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const BLANK: &str = "blank effects and errors";

/// Rows that are read at a time.
const BATCH: i64 = 500;

/// Further texts that may name a customer: what operators selected, and why jobs failed.
const REMARKS: [(&str, &str); 5] = [
    ("djstripe_audit", "subject"),
    ("djstripe_audit", "detail"),
    ("djstripe_verify_run", "error"),
    ("djstripe_sync_list", "reason"),
    ("djstripe_waiting_link", "last_error"),
];

/// How much was blanked, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) events: u64,
    pub(crate) deliveries: u64,
    pub(crate) effects: u64,
    /// Errors, replies of receivers, and texts in the record of actions.
    pub(crate) errors: u64,
    /// Fields of rows, events, effects and deliveries.
    pub(crate) fields: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.deliveries += other.deliveries;
        self.effects += other.effects;
        self.errors += other.errors;
        self.fields += other.fields;
    }
}

/// A text without what is personal, and how many fields or values that were; `None` if it has nothing
/// personal. `is_theirs` if all of it is about the customer.
pub(super) fn text_without_personal(
    text: &str,
    is_theirs: bool,
    keeps_metadata: bool,
    known: &KnownValues,
) -> Option<(String, u64)> {
    let blanking = Blanking {
        whole: is_theirs,
        keeps_metadata,
        known: Some(known),
        ..Blanking::default()
    };
    match blanking.blank(text) {
        Some(blanked) => (blanked.fields > 0).then_some((blanked.json, blanked.fields)),
        None => known.redacted(text).map(|text| (text, 1)),
    }
}

/// What events of the customer led to.
pub(super) struct OfEvents<'e> {
    pub(super) ids: &'e [&'e str],
    pub(super) keeps_metadata: bool,
    pub(super) known: &'e KnownValues,
    pub(super) writes: bool,
}

impl OfEvents<'_> {
    pub(super) async fn blank(&self, db: &mut Db<'_>, store: &Store) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        if self.ids.is_empty() {
            return Ok(counts);
        }
        let texts = Texts {
            is_theirs: true,
            keeps_metadata: self.keeps_metadata,
            known: self.known,
            writes: self.writes,
        };

        let (one_of, ids) = store.one_of(self.ids);
        let select = Statement::<(Text, Text, Nullable<Text>)>::new(format!(
            "SELECT key, payload, last_error FROM djstripe_outbox WHERE event_id {one_of}"
        ));
        let effects: Vec<Effect> = load_in!(db, BLANK, select.bind(ids))?;
        for effect in effects {
            counts += texts.effect(db, effect).await?;
        }

        let (one_of, ids) = store.one_of(self.ids);
        let select = Statement::<(Text, Text, Nullable<Text>, Nullable<Text>)>::new(format!(
            "SELECT event_id, receiver, error, reply FROM djstripe_receiver_run \
             WHERE event_id {one_of} AND (error IS NOT NULL OR reply IS NOT NULL)"
        ));
        let runs: Vec<Run> = load_in!(db, BLANK, select.bind(ids))?;
        for run in runs {
            counts += texts.run(db, run).await?;
        }
        Ok(counts)
    }
}

/// Key, payload and error.
type Effect = (String, String, Option<String>);

/// Event, receiver, error and reply.
type Run = (String, String, Option<String>, Option<String>);

/// How texts are blanked.
struct Texts<'t> {
    is_theirs: bool,
    keeps_metadata: bool,
    known: &'t KnownValues,
    writes: bool,
}

impl Texts<'_> {
    fn blanked(&self, text: &str) -> Option<(String, u64)> {
        text_without_personal(text, self.is_theirs, self.keeps_metadata, self.known)
    }

    async fn effect(
        &self,
        db: &mut Db<'_>,
        (key, payload, error): Effect,
    ) -> Result<Counts, StoreError> {
        let blanked = self.blanked(&payload);
        let new_error = error
            .as_deref()
            .and_then(|error| self.known.redacted(error));
        let counts = Counts {
            effects: u64::from(blanked.is_some()),
            errors: u64::from(new_error.is_some()),
            fields: blanked.as_ref().map_or(0, |(_, fields)| *fields),
            ..Counts::default()
        };
        if self.writes && (blanked.is_some() || new_error.is_some()) {
            let update = Statement::new(
                "UPDATE djstripe_outbox SET payload = ?, last_error = ? WHERE key = ?",
            )
            .bind(blanked.map_or(payload, |(text, _)| text))
            .bind(new_error.or(error))
            .bind(key);
            db.execute(BLANK, update).await?;
        }
        Ok(counts)
    }

    async fn run(
        &self,
        db: &mut Db<'_>,
        (event, receiver, error, reply): Run,
    ) -> Result<Counts, StoreError> {
        let new_error = error
            .as_deref()
            .and_then(|error| self.known.redacted(error));
        let new_reply = reply.as_deref().and_then(|reply| self.blanked(reply));
        let counts = Counts {
            errors: u64::from(new_error.is_some()) + u64::from(new_reply.is_some()),
            ..Counts::default()
        };
        if self.writes && counts.errors > 0 {
            let update = Statement::new(
                "UPDATE djstripe_receiver_run SET error = ?, reply = ? WHERE event_id = ? AND receiver = ?",
            )
            .bind(new_error.or(error))
            .bind(new_reply.map(|(text, _)| text).or(reply))
            .bind(event)
            .bind(receiver);
            db.execute(BLANK, update).await?;
        }
        Ok(counts)
    }
}

/// The customer whose texts are blanked.
pub(crate) struct Customer<'c> {
    pub(crate) id: &'c str,
    pub(crate) scope: &'c Scope,
    pub(crate) keeps_metadata: bool,
    /// Their events, whose texts are blanked already; or they are counted.
    pub(crate) events: &'c BTreeSet<String>,
}

impl Store {
    /// Blanks effects, errors and replies that mention a customer and belong to no event of theirs,
    /// and removes what the customer waits for. With `writes` unset it only counts.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; the batches before the failed one are
    /// blanked.
    pub(crate) async fn blank_texts(
        &self,
        customer: &Customer<'_>,
        known: &KnownValues,
        writes: bool,
    ) -> Result<Counts, StoreError> {
        let of_customer = Texts {
            is_theirs: true,
            keeps_metadata: customer.keeps_metadata,
            known,
            writes,
        };
        let of_others = Texts {
            is_theirs: false,
            ..of_customer
        };
        let mut counts = self.blank_effects(customer, &of_customer).await?;
        counts += self.blank_runs(customer, &of_others).await?;
        counts += self.blank_queue(&of_others).await?;
        for (table, column) in REMARKS {
            counts += self.blank_remarks(table, column, &of_others).await?;
        }
        if writes {
            let delete = Statement::new(
                "DELETE FROM djstripe_waiting_link WHERE account = ? AND livemode = ? AND customer = ?",
            )
            .bind(customer.scope.account.clone())
            .bind(customer.scope.livemode)
            .bind(customer.id.to_owned());
            self.execute(BLANK, delete).await?;
        }
        Ok(counts)
    }

    async fn blank_effects(
        &self,
        customer: &Customer<'_>,
        texts: &Texts<'_>,
    ) -> Result<Counts, StoreError> {
        let position = self.position_of_text();
        let mut counts = Counts::default();
        let mut after = String::new();
        loop {
            let mut transaction = self.begin().await?;
            let mut db = transaction.db().await?;
            let select = Statement::<(Text, Text, Nullable<Text>, Text)>::new(format!(
                "SELECT key, payload, last_error, event_id FROM djstripe_outbox \
                 WHERE key > ? AND ({position}(payload, ?) > 0 OR last_error IS NOT NULL) ORDER BY key LIMIT ?"
            ))
            .bind(after.clone())
            .bind(customer.id.to_owned())
            .bind(BATCH);
            let effects: Vec<(String, String, Option<String>, String)> =
                load_in!(db, BLANK, select)?;
            let Some((last, ..)) = effects.last() else {
                transaction.rollback().await?;
                return Ok(counts);
            };
            after = last.clone();
            for (key, payload, error, event) in effects {
                if !texts.writes && customer.events.contains(&event) {
                    continue;
                }
                let texts = Texts {
                    is_theirs: payload.contains(customer.id),
                    ..*texts
                };
                counts += texts.effect(&mut db, (key, payload, error)).await?;
            }
            transaction.commit().await?;
        }
    }

    async fn blank_runs(
        &self,
        customer: &Customer<'_>,
        texts: &Texts<'_>,
    ) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        let mut after = (String::new(), String::new());
        loop {
            let mut transaction = self.begin().await?;
            let mut db = transaction.db().await?;
            let select = Statement::<(Text, Text, Nullable<Text>, Nullable<Text>)>::new(
                "SELECT event_id, receiver, error, reply FROM djstripe_receiver_run \
                 WHERE (event_id, receiver) > (?, ?) AND (error IS NOT NULL OR reply IS NOT NULL) \
                 ORDER BY event_id, receiver LIMIT ?",
            )
            .bind(after.0.clone())
            .bind(after.1.clone())
            .bind(BATCH);
            let runs: Vec<Run> = load_in!(db, BLANK, select)?;
            let Some((event, receiver, _, _)) = runs.last() else {
                transaction.rollback().await?;
                return Ok(counts);
            };
            after = (event.clone(), receiver.clone());
            for run in runs {
                if texts.writes || !customer.events.contains(&run.0) {
                    counts += texts.run(&mut db, run).await?;
                }
            }
            transaction.commit().await?;
        }
    }

    /// The last errors of unfinished events.
    async fn blank_queue(&self, texts: &Texts<'_>) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        let mut after = String::new();
        loop {
            let mut transaction = self.begin().await?;
            let mut db = transaction.db().await?;
            let select = Statement::<(Text, Text)>::new(
                "SELECT event_id, last_error FROM djstripe_queue \
                 WHERE event_id > ? AND last_error IS NOT NULL ORDER BY event_id LIMIT ?",
            )
            .bind(after.clone())
            .bind(BATCH);
            let errors: Vec<(String, String)> = load_in!(db, BLANK, select)?;
            let Some((last, _)) = errors.last() else {
                transaction.rollback().await?;
                return Ok(counts);
            };
            after = last.clone();
            for (event, error) in errors {
                let Some(redacted) = texts.known.redacted(&error) else {
                    continue;
                };
                counts.errors += 1;
                if texts.writes {
                    let update = Statement::new(
                        "UPDATE djstripe_queue SET last_error = ? WHERE event_id = ? AND last_error = ?",
                    )
                    .bind(redacted)
                    .bind(event)
                    .bind(error);
                    db.execute(BLANK, update).await?;
                }
            }
            transaction.commit().await?;
        }
    }

    /// The texts of a column, each of which is replaced in all rows that have it.
    async fn blank_remarks(
        &self,
        table: &str,
        column: &str,
        texts: &Texts<'_>,
    ) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        let mut after = String::new();
        loop {
            let mut transaction = self.begin().await?;
            let mut db = transaction.db().await?;
            let select = Statement::<(Text, BigInt)>::new(format!(
                "SELECT {column}, count(*) FROM {table} WHERE {column} > ? \
                 GROUP BY {column} ORDER BY {column} LIMIT ?"
            ))
            .bind(after.clone())
            .bind(BATCH);
            let remarks: Vec<(String, i64)> = load_in!(db, BLANK, select)?;
            let Some((last, _)) = remarks.last() else {
                transaction.rollback().await?;
                return Ok(counts);
            };
            after = last.clone();
            for (remark, rows) in remarks {
                let Some(redacted) = texts.known.redacted(&remark) else {
                    continue;
                };
                counts.errors += rows.unsigned_abs();
                if texts.writes {
                    let update = Statement::new(format!(
                        "UPDATE {table} SET {column} = ? WHERE {column} = ?"
                    ))
                    .bind(redacted)
                    .bind(remark);
                    db.execute(BLANK, update).await?;
                }
            }
            transaction.commit().await?;
        }
    }
}
