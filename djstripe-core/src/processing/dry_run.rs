//! What running an event again would do: its receivers run in a transaction that is rolled back.
//!
//! Invariant: nothing is committed here, and a receiver whose effects the database can't take back is not run.

use crate::app::Djstripe;
use crate::error::describe;
use crate::mirror::handlers::is_built_in;
use crate::mirror::{Run, Write, apply_noting};
use crate::receiver::arguments::Parts;
use crate::receiver::dispatch::dispatch;
use crate::receiver::runner;
use crate::receiver::{ReceiverError, ReceiverInfo};
use crate::store::{StoreError, TableName, Transaction, Upserted};
use crate::timestamp::Timestamp;
use crate::webhook::event::{DecodeError, Event};

/// What one receiver would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// Id of the receiver.
    pub receiver: &'static str,
    /// How its run would end.
    pub outcome: DryOutcome,
    /// What the mirror would write.
    pub rows: Vec<MirroredRow>,
}

/// How a run would end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DryOutcome {
    /// It would succeed.
    Succeeds,
    /// It would fail.
    Fails {
        /// What would go wrong.
        error: String,
    },
    /// It was not run: it takes no [`Db`](crate::Db), or one without a transaction, so what it does can't be taken back.
    NotRun,
}

/// What would become of a mirrored row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MirroredRow {
    /// The table.
    pub table: TableName,
    /// Id of the object.
    pub id: String,
    /// What would become of it.
    pub upserted: Upserted,
}

/// Why an event can't be tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DryRunError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored payload is no event.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Djstripe {
    /// What the receivers of a stored event, or the one named, would do now; `None` if there is no such event.
    ///
    /// The mirror fetches from Stripe as ever. The application's receivers run if they take a [`Db`](crate::Db) in a
    /// transaction, and see what those before them wrote; what they do elsewhere is not taken back. Others are not run.
    /// A receiver that commits by itself, which always fails its run, commits here too.
    ///
    /// ```no_run
    /// # async fn look(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::DryRunError> {
    /// for run in app.dry_run("evt_1", None).await?.unwrap_or_default() {
    ///     println!("{}: {:?}, {} rows", run.receiver, run.outcome, run.rows.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DryRunError`].
    pub async fn dry_run(
        &self,
        event_id: &str,
        receiver: Option<&str>,
    ) -> Result<Option<Vec<DryRun>>, DryRunError> {
        let Some((_, payload)) = self.store().event(event_id).await? else {
            return Ok(None);
        };
        let event = Event::from_json(&payload)?;
        let mut plans = Vec::new();
        for info in
            dispatch(self.registry(), &event).filter(|info| receiver.is_none_or(|id| id == info.id))
        {
            plans.push((info, self.plan(&event, info).await));
        }
        let _place = self
            .db_places()
            .acquire()
            .await
            .map_err(|_| StoreError::ShuttingDown)?;
        let mut transaction = self.store().begin().await?;
        let mut runs = Vec::with_capacity(plans.len());
        for (info, plan) in plans {
            let mut rows = Vec::new();
            let outcome = match plan {
                Plan::Ended(outcome) => outcome,
                Plan::Write(writes) => {
                    self.write(&mut transaction, &event, &writes, &mut rows)
                        .await?
                }
                Plan::Run => {
                    let db = transaction.db().await?.for_run(event.id(), info.id);
                    let parts = Parts::new(&event, self.context(), Some(db));
                    match runner::run(info, parts).await {
                        Ok(()) => DryOutcome::Succeeds,
                        Err(error) => {
                            if matches!(
                                error,
                                ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. }
                            ) {
                                // Its connection may be in the middle of a query that was given up.
                                drop(transaction);
                                transaction = self.store().begin().await?;
                            }
                            fails(&error)
                        }
                    }
                }
            };
            let ended = if outcome == DryOutcome::Succeeds {
                transaction.keep();
                transaction.db().await.map(drop)
            } else {
                transaction.undo().await
            };
            let outcome = match ended {
                Ok(()) => outcome,
                Err(error) => {
                    drop(transaction);
                    transaction = self.store().begin().await?;
                    fails(&error)
                }
            };
            runs.push(DryRun {
                receiver: info.id,
                outcome,
                rows,
            });
        }
        transaction.rollback().await?;
        Ok(Some(runs))
    }

    /// Runs what needs no connection: the mirror, which may have to wait for Stripe.
    async fn plan(&self, event: &Event, info: &ReceiverInfo) -> Plan {
        if info.uses_database {
            return if info.options.transaction {
                Plan::Run
            } else {
                Plan::Ended(DryOutcome::NotRun)
            };
        }
        if !is_built_in(info) {
            return Plan::Ended(DryOutcome::NotRun);
        }
        let run = Run::new(Timestamp::now());
        match runner::run(info, Parts::new(event, self.context(), None).with_run(&run)).await {
            Ok(()) => Plan::Write(run.take()),
            Err(error) => Plan::Ended(fails(&error)),
        }
    }

    async fn write(
        &self,
        transaction: &mut Transaction,
        event: &Event,
        writes: &[Write],
        rows: &mut Vec<MirroredRow>,
    ) -> Result<DryOutcome, DryRunError> {
        let mut db = transaction.db().await?;
        let note = |table, id: &str, upserted| {
            rows.push(MirroredRow {
                table,
                id: id.to_owned(),
                upserted,
            })
        };
        let units = std::iter::once((event, writes));
        Ok(
            match apply_noting(&mut db, self.services(), units, note).await {
                Ok(()) => DryOutcome::Succeeds,
                Err(error) => fails(&error),
            },
        )
    }
}

/// What is left to do for one receiver.
enum Plan {
    Ended(DryOutcome),
    /// Write what the mirror has gathered.
    Write(Vec<Write>),
    /// Run it in the transaction.
    Run,
}

fn fails(error: &dyn std::error::Error) -> DryOutcome {
    DryOutcome::Fails {
        error: describe(error),
    }
}
