//! Jobs that an operator or a timer starts.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::facade::Djstripe;
use super::jobs::stopped;
use crate::error::describe;
use crate::maintenance::init_customers::{self, InitError, InitOptions, InitReport, InitStep};
use crate::maintenance::reconcile::{
    ReconcileError, ReconcileOptions, ReconcileReport, Reconciler,
};
use crate::maintenance::redact::{self, RedactError, RedactOptions, RedactReport};
use crate::maintenance::sync::{
    self, BackfillRuns, Progress, Summary, SyncContext, SyncError, SyncOptions,
};
use crate::maintenance::verify::{
    self, Finding, RunRecord, VerifyError, VerifyOptions, VerifySummary,
};
use crate::processing::dry_run::{DryRun, DryRunError};
use crate::store::StoreError;

impl Djstripe {
    /// What the receivers of a stored event, or only the one with this id, would do now. `None` if
    /// no such event is stored.
    ///
    /// The mirror fetches from Stripe as it does in a real run. The application's receivers run if
    /// they take a [`Db`](crate::Db) in a transaction, and see what those before them wrote; what
    /// they do elsewhere is not undone. Other receivers do not run. A receiver that commits the
    /// transaction itself, which always fails its run, commits here too.
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
        self.processing.dry_run(event_id, receiver).await
    }

    /// Fills the mirror from Stripe's lists, and calls `observe` with the progress.
    ///
    /// A call with the same options resumes a sync that was interrupted. Syncs at the same time
    /// share the lists.
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::sync::{Progress, SyncOptions};
    ///
    /// # async fn main_job(app: Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut options = SyncOptions::default();
    /// options.objects = vec!["customer".into(), "subscription".into()];
    /// let summary = app
    ///     .sync(&options, |progress| {
    ///         if let Progress::Done { list, objects, .. } = progress {
    ///             println!("{list}: {objects}");
    ///         }
    ///     })
    ///     .await?;
    /// println!("{} new objects", summary.total().counts.inserted);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SyncError`]. The failure of a single list is reported to `observe` and in the summary, and
    /// doesn't stop the other lists.
    pub async fn sync(
        &self,
        options: &SyncOptions,
        mut observe: impl FnMut(&Progress) + Send,
    ) -> Result<Summary, SyncError> {
        let own_account = options.own_account.as_deref();
        let clients = options
            .accounts
            .clients(&self.services.clients, own_account);
        let clients = clients.map_err(SyncError::OwnAccount)?;
        if clients.is_empty() {
            return Err(SyncError::NoKey);
        }

        let mut summary = Summary::default();
        for client in clients {
            let context = SyncContext {
                store: self.store().clone(),
                client: client.clone(),
                settings: Arc::new(self.services.settings.clone()),
                registry: self.processing.shared_registry(),
            };
            summary.merge(sync::sync(&context, options, &mut observe).await?);
        }
        Ok(summary)
    }

    /// Syncs now and then again, until `shutdown` turns true, so that no row of the options' types is
    /// older than `age` by more than a quarter of it. [`SyncOptions::stale`] is set to `age`. `serve`
    /// and `work` do this with `--refresh`.
    ///
    /// Any number of processes may do this on one database: they share the work.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use djstripe_core::sync::SyncOptions;
    ///
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move {
    ///     let age = Duration::from_secs(24 * 60 * 60);
    ///     let mut options = SyncOptions::default();
    ///     options.objects = vec!["balance_transaction".into()];
    ///     app.refresh_every(age, &options, stopped).await;
    /// });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn refresh_every(
        &self,
        age: Duration,
        options: &SyncOptions,
        shutdown: watch::Receiver<bool>,
    ) {
        let mut options = options.clone();
        options.stale = Some(age);
        let refresh = async {
            loop {
                log_refresh(&options, self.sync(&options, |_| {}).await);
                tokio::time::sleep(age / 4).await;
            }
        };
        let mut told = shutdown.clone();
        // An interrupted refresh is resumed the next time.
        let refresh_until = async {
            tokio::select! {
                biased;
                () = stopped(&mut told) => {}
                () = refresh => {}
            }
        };
        self.vitals()
            .until("refresh", &shutdown, refresh_until)
            .await;
    }

    /// How the receivers' runs for the events of a sync have ended, as far as workers have
    /// processed the events.
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::sync::SyncOptions;
    ///
    /// # async fn main_job(app: Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut options = SyncOptions::default();
    /// options.receivers = true;
    /// let summary = app.sync(&options, |_| {}).await?;
    /// app.work_until_idle().await?;
    /// println!("{} runs failed", app.backfill_runs(&summary).await?.failed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backfill_runs(&self, summary: &Summary) -> Result<BackfillRuns, StoreError> {
        sync::backfill_runs(self.store(), summary).await
    }

    /// Compares the mirror with Stripe, and calls `on_finding` with each confirmed finding. Takes
    /// as long as reading all lists takes; live requests come first.
    ///
    /// Types of object that the key may not read, or that the account doesn't have, are skipped and
    /// named in the summary. Objects below a parent, such as the payment methods of a customer, are
    /// compared once the mirror has the parent: with [`repair`](VerifyOptions::repair) in the same
    /// run.
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::verify::{VerifyError, VerifyOptions};
    ///
    /// # async fn main_job(app: Djstripe) -> Result<(), VerifyError> {
    /// let options = VerifyOptions {
    ///     objects: vec!["customer".to_owned()],
    ///     repair: true,
    ///     ..VerifyOptions::default()
    /// };
    /// let summary = app.verify(&options, |finding| println!("{finding}")).await?;
    /// assert_eq!(summary.unrepaired(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`]. Repairs made before the error remain.
    pub async fn verify(
        &self,
        options: &VerifyOptions,
        mut on_finding: impl FnMut(&Finding) + Send,
    ) -> Result<VerifySummary, VerifyError> {
        let own_account = options.own_account.as_deref();
        let clients = options
            .accounts
            .clients(&self.services.clients, own_account)?;
        if clients.is_empty() {
            return Err(VerifyError::NoKey);
        }

        let record = RunRecord::new(self.store());
        let totals = record.totals();
        let settings = &self.services.settings;
        let verify = async {
            let mut summary = VerifySummary::default();
            for client in clients {
                let totals = Arc::clone(&totals);
                let verify = verify::verify(
                    self.store(),
                    client,
                    settings,
                    options,
                    totals,
                    &mut on_finding,
                );
                summary.merge(verify.await?);
            }
            Ok(summary)
        };
        record.keep(verify).await
    }

    /// Stores the events that Stripe has and this database lacks. Workers process them as if they
    /// had been delivered.
    ///
    /// A failure for one account or mode doesn't stop the others. It is part of the report.
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::reconcile::ReconcileOptions;
    ///
    /// # async fn main_job(app: Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let report = app.reconcile(&ReconcileOptions::default()).await?;
    /// println!("{} events were missing", report.missing());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ReconcileError::NoClient`].
    pub async fn reconcile(
        &self,
        options: &ReconcileOptions,
    ) -> Result<ReconcileReport, ReconcileError> {
        self.reconciler().reconcile(options).await
    }

    /// Reconciles events now and after each interval, until `shutdown` turns true. `serve` and
    /// `work` do this with `--reconcile`.
    ///
    /// Any number of processes may do this on one database: one compares at a time, and none within
    /// the interval after another one. Without any stored event, the first comparison starts with
    /// the events of the last hour, so that an application that receives for the first time doesn't
    /// process old events.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move {
    ///     let interval = Duration::from_secs(300);
    ///     app.reconcile_every(interval, &Default::default(), stopped).await;
    /// });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn reconcile_every(
        &self,
        interval: Duration,
        options: &ReconcileOptions,
        shutdown: watch::Receiver<bool>,
    ) {
        let reconciler = self.reconciler();
        let reconcile = reconciler.reconcile_every(interval, options, shutdown.clone());
        self.vitals().until("reconcile", &shutdown, reconcile).await;
    }

    /// Links mirrored customers to the users that their metadata names, then creates a customer for
    /// each user that has none. Calls `observe` with each step.
    ///
    /// It needs the [`subscriber_key`](crate::mirror::MirrorSettings::subscriber_key), the
    /// [`subscribers`](crate::mirror::MirrorSettings::subscribers) and the
    /// [`subscriber_source`](crate::mirror::MirrorSettings::subscriber_source) of the mirror's
    /// settings.
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::init_customers::InitOptions;
    ///
    /// # async fn main_job(app: Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let options = InitOptions::default();
    /// let report = app.init_customers(&options, |step| println!("{step:?}")).await?;
    /// println!("{} created, {} linked", report.created, report.linked);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InitError`]. Steps taken before the error remain, and the next call continues after them.
    /// An error that concerns one user only is counted and doesn't stop the others.
    pub async fn init_customers(
        &self,
        options: &InitOptions,
        mut observe: impl FnMut(InitStep<'_>) + Send,
    ) -> Result<InitReport, InitError> {
        init_customers::init_customers(
            self.store(),
            match options.own_account.as_deref() {
                Some(account) => self.client_of(account),
                None => self.client(),
            },
            &self.services.settings,
            options,
            &mut observe,
        )
        .await
    }

    /// Forgets a customer: blanks what is personal in the rows of their objects, in their events, and in
    /// what was recorded or requested about them. Ids and money stay. From then on nothing personal of
    /// them is written. Nothing changes at Stripe; see the
    /// [page about forgetting a customer](crate::redaction).
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::redact::{RedactError, RedactOptions};
    ///
    /// # async fn forget(app: Djstripe) -> Result<(), RedactError> {
    /// let report = app.redact(&RedactOptions::new("cus_1")).await?;
    /// println!("{} rows, {} events", report.all_rows(), report.events);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RedactError`]. What was blanked before the error stays blanked, and the next call does what is
    /// left.
    pub async fn redact(&self, options: &RedactOptions) -> Result<RedactReport, RedactError> {
        redact::redact(self.store(), options).await
    }

    fn reconciler(&self) -> Reconciler {
        Reconciler {
            store: self.store().clone(),
            clients: self.services.clients.clone(),
            registry: self.processing.shared_registry(),
            wake: self.processing.wake(),
        }
    }
}

fn log_refresh(options: &SyncOptions, synced: Result<Summary, SyncError>) {
    let objects = options.objects.join(", ");
    match synced {
        Ok(summary) if summary.is_complete() => {
            let rows = summary.total().counts.all();
            tracing::debug!(objects, rows, "refreshed old rows");
        }
        Ok(_) => tracing::warn!(objects, "some old rows could not be refreshed"),
        Err(error) => tracing::error!(objects, error = describe(&error), "rows are not refreshed"),
    }
}
