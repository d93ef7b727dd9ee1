//! A dry run: what processing an event again would do. Its receivers run in a transaction that is
//! rolled back.
//!
//! Invariant: a dry run commits nothing, and does not run a receiver whose effects the database
//! can't undo.

use super::mirror_progress::{Failure, MirrorProgress};
use super::stage::Processing;
use crate::error::describe;
use crate::mirror::apply_with;
use crate::receiver::arguments::Parts;
use crate::receiver::dispatch::dispatch;
use crate::receiver::runner;
use crate::receiver::writes::{Write, Writes};
use crate::receiver::{ReceiverError, ReceiverInfo, TransactionOwner};
use crate::store::{StoreError, TableName, Transaction, Upserted};
use crate::timestamp::Timestamp;
use crate::webhook::event::{DecodeError, Event};

/// What one receiver would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// The receiver's id.
    pub receiver: &'static str,
    /// How its run would end.
    pub outcome: DryOutcome,
    /// The rows that the mirror would write.
    pub rows: Vec<MirroredRow>,
    /// The names of the effects that it would request, in their order. Effects that it has requested
    /// before are left out, unless they are dead: they are not due again.
    pub effects: Vec<String>,
}

/// How a run would end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DryOutcome {
    /// It would succeed.
    Succeeds,
    /// It would write no row for the event's object.
    NotMirrored {
        /// Why.
        reason: String,
    },
    /// It would wait, because the mirror would fail and be retried.
    Waits,
    /// It would fail.
    Fails {
        /// The error and its causes.
        error: String,
    },
    /// The receiver was not run, because the database can't undo what it does: it takes no
    /// [`Db`](crate::Db), or one without a transaction.
    NotRun,
}

/// A row that the mirror would write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MirroredRow {
    /// The table.
    pub table: TableName,
    /// The object's id.
    pub id: String,
    /// Whether the row would be inserted, updated or left as it is.
    pub upserted: Upserted,
}

/// Why an event has no dry run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DryRunError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored payload is not an event.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Processing {
    /// What the receivers of a stored event, or only the one with this id, would do now. `None` if
    /// no such event is stored.
    pub(crate) async fn dry_run(
        &self,
        event_id: &str,
        receiver: Option<&str>,
    ) -> Result<Option<Vec<DryRun>>, DryRunError> {
        let Some((stored, payload)) = self.0.store.event(event_id).await? else {
            return Ok(None);
        };
        // Whatever waits for Stripe comes first, while no connection is held.
        let mut event = self.complete_dry(stored.decode(&payload)?).await;
        let receives = |info: &&ReceiverInfo| Some(info.id) == receiver && info.reads_object;
        if dispatch(&self.0.registry, &event).any(|info| receives(&info)) {
            // The mirror, which would fetch it, has no part in this run.
            event = self.with_object_if_thin(&event).await;
        }
        let mut plans = Vec::new();
        let selected = |info: &&ReceiverInfo| receiver.is_none_or(|id| id == info.id);
        for info in dispatch(&self.0.registry, &event).filter(selected) {
            plans.push((info, self.plan(&event, info).await));
        }

        let _permit = self.db_permit().await;
        let mut transaction = self.0.store.begin().await?;
        let mut runs = Vec::with_capacity(plans.len());
        let mut mirror = self.mirror_progress(&event);
        for (info, plan) in plans {
            let waits = mirror.is_retried() && !info.is_built_in() && info.options.waits_for_mirror;
            let (mut rows, mut effects) = (Vec::new(), Vec::new());
            let outcome = match plan {
                _ if waits => DryOutcome::Waits,
                Plan::Failed(error) => {
                    mirror.failed(match error.is_permanent() {
                        true => Failure::Final,
                        false => Failure::Retried,
                    });
                    fails(&error)
                }
                Plan::Done(outcome) => outcome,
                Plan::Write(writes) => {
                    self.write_rows(&mut transaction, &event, &writes, &mut rows, &mut mirror)
                        .await?
                }
                Plan::Run => {
                    let (error, requested) = self
                        .run_dry(&mut transaction, &event, info, &mirror)
                        .await?;
                    effects = requested;
                    if error.as_ref().is_some_and(leaves_query_open) {
                        drop(transaction);
                        transaction = self.0.store.begin().await?;
                    }
                    error.map_or(DryOutcome::Succeeds, |error| fails(&error))
                }
            };

            // The receivers after this one see what it wrote if it succeeds.
            let is_kept = matches!(
                outcome,
                DryOutcome::Succeeds | DryOutcome::NotMirrored { .. }
            );
            let ended = if is_kept {
                transaction.keep();
                transaction.db().await.map(drop)
            } else {
                transaction.undo().await
            };
            let outcome = match ended {
                Ok(()) => outcome,
                Err(error) => {
                    drop(transaction);
                    transaction = self.0.store.begin().await?;
                    effects.clear();
                    fails(&error)
                }
            };
            runs.push(DryRun {
                receiver: info.id,
                outcome,
                rows,
                effects,
            });
        }
        transaction.rollback().await?;
        Ok(Some(runs))
    }

    /// Runs a built-in receiver, which needs no connection but may have to wait for Stripe.
    async fn plan(&self, event: &Event, info: &ReceiverInfo) -> Plan {
        if info.uses_database {
            return if info.options.transaction == TransactionOwner::Djstripe {
                Plan::Run
            } else {
                Plan::Done(DryOutcome::NotRun)
            };
        }
        if !info.is_built_in() {
            return Plan::Done(DryOutcome::NotRun);
        }

        let gathered = Writes::new(Timestamp::now());
        let parts = Parts::new(event, &self.0.context, None).with_writes(&gathered);
        // Charts show no dry runs.
        match runner::run_uncounted(info, parts).await.0 {
            Ok(_) => Plan::Write(gathered.take()),
            Err(error) => Plan::Failed(error),
        }
    }

    /// Writes what a built-in receiver has gathered, and adds what became of each row to `rows`.
    async fn write_rows(
        &self,
        transaction: &mut Transaction,
        event: &Event,
        writes: &[Write],
        rows: &mut Vec<MirroredRow>,
        mirror: &mut MirrorProgress,
    ) -> Result<DryOutcome, DryRunError> {
        let mut db = transaction.db().await?;
        let note = |table, id: &str, upserted| {
            rows.push(MirroredRow {
                table,
                id: id.to_owned(),
                upserted,
            });
        };

        let units = std::iter::once((event, writes));
        let applied = apply_with(&mut db, &self.0.services.settings, units, note).await;
        Ok(match applied {
            Ok(applied) => {
                let applied = applied.into_iter().next().unwrap_or_default();
                mirror.succeeded(&applied, None);
                match applied.not_mirrored {
                    Some(reason) => DryOutcome::NotMirrored {
                        reason: reason.to_string(),
                    },
                    None => DryOutcome::Succeeds,
                }
            }
            Err(error) => fails(&error),
        })
    }

    /// Runs one of the application's receivers in the transaction. Returns its error, if it fails, or the
    /// effects that it would request.
    async fn run_dry(
        &self,
        transaction: &mut Transaction,
        event: &Event,
        info: &ReceiverInfo,
        mirror: &MirrorProgress,
    ) -> Result<(Option<ReceiverError>, Vec<String>), StoreError> {
        let mut db = transaction.db().await?;
        let object = if info.reads_object {
            self.read_object_with(&mut db, event, mirror).await?.object
        } else {
            None
        };
        let before = db.requested_effects(event.id(), info.id).await?;
        let db = db.for_run(event, info.id, self.0.effects.names());
        let parts = Parts::new(event, &self.0.context, Some(db)).with_object(object.as_ref());
        if let Err(error) = runner::run_uncounted(info, parts).await.0 {
            return Ok((Some(error), Vec::new()));
        }

        let mut db = transaction.db().await?;
        // If the receiver left the transaction unusable, the end of its savepoint says so.
        let after = db.requested_effects(event.id(), info.id).await;
        let mut effects = after.unwrap_or_default();
        effects.retain(|effect| !before.contains(effect));
        Ok((None, effects.into_iter().map(|(_, name, _)| name).collect()))
    }
}

/// Whether the connection may be in the middle of a query that was cancelled.
fn leaves_query_open(error: &ReceiverError) -> bool {
    matches!(
        error,
        ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. }
    )
}

/// What is left to do for one receiver once a connection is held.
enum Plan {
    Done(DryOutcome),
    /// The built-in receiver has failed.
    Failed(ReceiverError),
    /// Write what the mirror has gathered.
    Write(Vec<Write>),
    /// Run the receiver in the transaction.
    Run,
}

fn fails(error: &dyn std::error::Error) -> DryOutcome {
    DryOutcome::Fails {
        error: describe(error),
    }
}
