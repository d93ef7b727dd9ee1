//! Carries out the writes that receivers' runs have gathered.
//!
//! In: writes, a transaction, and the settings with the application's lookup of users. Out: changed rows,
//! which the caller commits together with the receivers' checkpoints.

use super::error::MirrorError;
use super::links::{Links, claims as claims_of};
use super::rows::{ScopedRow, write_rows};
use super::settings::MirrorSettings;
use crate::receiver::writes::{NotMirrored, Write};
use crate::store::{Db, Scope, TableName, Unstorable, Upserted};
use crate::webhook::event::Event;

/// What became of the writes for one event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    /// Why the event's object gets no row, if it gets none.
    pub(crate) not_mirrored: Option<NotMirrored>,
    /// How the write of the event's own object ended, if there was one.
    pub(crate) own_row: Option<Upserted>,
}

/// Carries out the writes for several events in one transaction. Returns what became of each.
pub(crate) async fn apply<'w>(
    db: &mut Db<'_>,
    settings: &MirrorSettings,
    units: impl Iterator<Item = (&'w Event, &'w [Write])> + Clone,
) -> Result<Vec<Applied>, MirrorError> {
    let trace = |table, _: &str, upserted| tracing::debug!(%table, ?upserted, "mirrored");
    apply_with(db, settings, units, trace).await
}

/// As [`apply`]; calls `on_row` with the table, id and outcome of each row.
pub(crate) async fn apply_with<'w>(
    db: &mut Db<'_>,
    settings: &MirrorSettings,
    units: impl Iterator<Item = (&'w Event, &'w [Write])> + Clone,
    mut on_row: impl FnMut(TableName, &str, Upserted),
) -> Result<Vec<Applied>, MirrorError> {
    let rows: Vec<ScopedRow<'_>> = units
        .clone()
        .flat_map(|(event, writes)| writes.iter().filter_map(|write| scoped_row(event, write)))
        .collect();
    // Rows come first, for links and entitlements change rows that must exist.
    let written = write_rows(db, &rows).await?;
    let mut outcomes = rows.iter().zip(&written);

    let mut answers = Vec::new();
    for (event, writes) in units {
        let mut applied = Applied::default();
        for write in writes {
            match write {
                Write::Row(_) => {
                    if let Some(outcome) = outcomes.next() {
                        applied.add(event, outcome, &mut on_row);
                    }
                }
                Write::NotMirrored(reason) => {
                    applied.not_mirrored.get_or_insert_with(|| reason.clone());
                }
                _ => apply_one(db, settings, event, write).await?,
            }
        }
        answers.push(applied);
    }
    Ok(answers)
}

fn scoped_row<'w>(event: &'w Event, write: &'w Write) -> Option<ScopedRow<'w>> {
    let Write::Row(row) = write else {
        return None;
    };
    Some(ScopedRow {
        account: event.mirror_account(),
        livemode: event.livemode(),
        event_id: row.event_id.as_deref().unwrap_or(event.id()),
        row,
    })
}

impl Applied {
    /// Reports the outcome of a row, and keeps it if the row is that of the event's own object.
    fn add(
        &mut self,
        event: &Event,
        (ScopedRow { row, .. }, outcome): (&ScopedRow<'_>, &Result<Upserted, Unstorable>),
        on_row: &mut impl FnMut(TableName, &str, Upserted),
    ) {
        let is_own = row.is_of(event);
        match outcome {
            Ok(upserted) => {
                on_row(row.table, &row.id, *upserted);
                if is_own {
                    self.own_row = Some(*upserted);
                }
            }
            Err(error) => {
                tracing::warn!(
                    event = event.id(),
                    object = row.descriptor.object,
                    id = row.id,
                    %error,
                    "the database can't hold this object; not mirrored"
                );
                if is_own {
                    self.not_mirrored
                        .get_or_insert_with(|| NotMirrored::Unstorable(error.clone()));
                }
            }
        }
    }
}

/// Carries out a write that is not a row.
async fn apply_one(
    db: &mut Db<'_>,
    settings: &MirrorSettings,
    event: &Event,
    write: &Write,
) -> Result<(), MirrorError> {
    let account = event.mirror_account();
    let livemode = event.livemode();

    match write {
        // Rows are written before, all together.
        Write::Row(_) | Write::NotMirrored(_) => {}
        Write::Purge { id, at } => db.purge_customer(account, livemode, id, *at).await?,
        Write::Link {
            customer,
            claims,
            from_customer,
        } => {
            let Some(links) = Links::by(settings) else {
                return Ok(());
            };
            let scope = Scope {
                account: account.to_owned(),
                livemode,
            };
            if *from_customer {
                let row = db.customer_json(&scope, customer).await?;
                let claims = claims_of(settings, row.as_deref(), false);
                db.forget_outdated(&scope, customer, &claims).await?;
                links.link(db, &scope, customer, &claims).await?;
            } else {
                links.link(db, &scope, customer, claims).await?;
            }
        }
        Write::Entitlements {
            customer,
            ids,
            observed_at,
        } => {
            let event_id = Some(event.id());
            db.set_entitlements(account, livemode, customer, ids, *observed_at, event_id)
                .await?;
        }
        Write::Authorization { authorized, at } => {
            let own_account = event.own_account().unwrap_or_default();
            db.set_authorization(own_account, account, livemode, *authorized, *at)
                .await?;
        }
    }
    Ok(())
}
