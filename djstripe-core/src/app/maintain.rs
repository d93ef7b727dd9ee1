//! Jobs for operators.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::facade::Djstripe;
use crate::maintenance::init_customers::{self, InitError, InitOptions, InitReport, InitStep};
use crate::maintenance::reconcile::{ReconcileError, ReconcileOptions, Reconciled, Reconciler};
use crate::maintenance::sync::{BackfillRuns, Progress, Summary, SyncError, SyncOptions, Syncer};
use crate::maintenance::verify::{self, Finding, VerifyError, VerifyOptions, VerifySummary};
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

    /// Fills the mirror from Stripe's lists; `observe` is told how it goes.
    ///
    /// One that was interrupted is gone on with: call it again with the same options. Several at once share the work.
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
    /// println!("{} are new", summary.total().counts.inserted);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SyncError`]. What goes wrong with one list alone is told to `observe`, stands in the summary, and doesn't keep the
    /// others from being gone through.
    pub async fn sync(
        &self,
        options: &SyncOptions,
        mut observe: impl FnMut(&Progress) + Send,
    ) -> Result<Summary, SyncError> {
        self.syncer().sync(options, &mut observe).await
    }

    /// What became of the receivers' runs for the events that a sync has stored, as far as workers have processed them.
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
        self.syncer().backfill_runs(summary).await
    }

    /// Compares the mirror with Stripe and tells each finding when it is sure. Takes as long as reading all lists takes,
    /// and gives way to live requests.
    ///
    /// Types that the key may not read, or that the account doesn't have, are skipped and told in the summary. What is below
    /// a parent that is missing here (payment methods of a customer) is compared once the parent is there: with
    /// [`repair`](VerifyOptions::repair) in the same run.
    ///
    /// ```no_run
    /// use djstripe_core::verify::VerifyOptions;
    ///
    /// # async fn look(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::verify::VerifyError> {
    /// let options = VerifyOptions { objects: vec!["customer".to_owned()], repair: true, ..VerifyOptions::default() };
    /// let summary = app.verify(&options, |finding| println!("{finding}")).await?;
    /// assert_eq!(summary.left(), 0, "everything was repaired");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`]. What was repaired until then stays repaired.
    pub async fn verify(
        &self,
        options: &VerifyOptions,
        mut on_finding: impl FnMut(&Finding) + Send,
    ) -> Result<VerifySummary, VerifyError> {
        verify::verify(
            self.store(),
            self.client(),
            &self.services.settings,
            options,
            &mut on_finding,
        )
        .await
    }

    /// Stores the events that Stripe has and this database lacks. Workers process them as if they had been delivered.
    ///
    /// What fails for one account or mode doesn't stop the others; it is in their reports.
    ///
    /// ```no_run
    /// use djstripe_core::reconcile::ReconcileOptions;
    ///
    /// # async fn main_job(app: djstripe_core::Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let reconciled = app.reconcile(&ReconcileOptions::default()).await?;
    /// println!("{} events were missing", reconciled.missing());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ReconcileError::NoClient`].
    pub async fn reconcile(
        &self,
        options: &ReconcileOptions,
    ) -> Result<Reconciled, ReconcileError> {
        self.reconciler().reconcile(options).await
    }

    /// Compares with Stripe's events now and again after each interval, until `shutdown` turns true. Of all processes that
    /// do so on one database one compares at a time, and none so soon after another. `serve` and `work` do this with
    /// `--reconcile`.
    ///
    /// Without any stored event it begins with those of the last hour: a program that receives for the first time isn't
    /// shown what has happened before.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.reconcile_every(Duration::from_secs(300), &Default::default(), stopped).await });
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
        reconciler
            .reconcile_every(interval, options, shutdown)
            .await;
    }

    /// Links mirrored customers to the users that their metadata names, then makes a customer for each user that has none.
    /// `observe` is told of each step.
    ///
    /// It needs the [`subscriber_key`](crate::mirror::MirrorSettings::subscriber_key), the
    /// [`subscribers`](crate::mirror::MirrorSettings::subscribers) and the
    /// [`subscriber_source`](crate::mirror::MirrorSettings::subscriber_source) of the mirror's settings.
    ///
    /// ```no_run
    /// use djstripe_core::init_customers::InitOptions;
    ///
    /// # async fn main_job(app: djstripe_core::Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let report = app.init_customers(&InitOptions::default(), |step| println!("{step:?}")).await?;
    /// println!("{} made, {} linked", report.created, report.linked);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InitError`]; what was done until then stays done, and the next run goes on there. What Stripe refuses for one user
    /// alone is counted and doesn't stop the others.
    pub async fn init_customers(
        &self,
        options: &InitOptions,
        mut observe: impl FnMut(InitStep<'_>) + Send,
    ) -> Result<InitReport, InitError> {
        init_customers::init_customers(
            self.store(),
            self.client(),
            &self.services.settings,
            options,
            &mut observe,
        )
        .await
    }

    fn syncer(&self) -> Syncer {
        Syncer {
            store: self.store().clone(),
            client: self.client().cloned(),
            settings: Arc::new(self.services.settings.clone()),
            registry: self.processing.shared_registry(),
        }
    }

    fn reconciler(&self) -> Reconciler {
        Reconciler {
            store: self.store().clone(),
            client: self.client().cloned(),
            registry: self.processing.shared_registry(),
            wake: self.processing.wake(),
        }
    }
}
