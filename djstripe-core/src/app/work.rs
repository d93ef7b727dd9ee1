//! Processing stored events.

use tokio::sync::watch;

use super::facade::Djstripe;
use crate::processing::presence::ProcessRole;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

impl Djstripe {
    /// Processes stored events until `shutdown` turns true. Then it finishes the events that run,
    /// for as long as the builder's [`grace`](crate::Builder::grace) allows, and releases the
    /// others.
    ///
    /// Any number of processes may do this on one database.
    ///
    /// ```no_run
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.work(stopped).await });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn work(&self, shutdown: watch::Receiver<bool>) {
        self.work_as(ProcessRole::Work, shutdown).await;
    }

    /// As [`work`](Self::work), for a process that does this.
    pub(crate) async fn work_as(&self, role: ProcessRole, shutdown: watch::Receiver<bool>) {
        self.begin_counters();
        self.intake.stop_worker();
        let (end, ended) = watch::channel(false);
        // A task of its own: its panic must not drop the events that run.
        let presence = tokio::spawn({
            let processing = self.processing.clone();
            async move { processing.keep_presence(role, ended).await }
        });

        Box::pin(self.processing.work(shutdown)).await;
        end.send_replace(true);
        // Its panic is recorded.
        let _ = presence.await;
        self.write_last_counts().await;
    }

    /// Writes what this process has counted, as it ends.
    pub(crate) async fn write_last_counts(&self) {
        Box::pin(self.processing.write_last_counts()).await;
    }

    /// Starts the worker of inline mode, unless there is one.
    pub(crate) fn start_inline_worker(&self) {
        self.intake.start_worker();
    }

    /// Processes the events and effects that are due, one after another, and returns the number of
    /// events. For tests and one-off commands.
    ///
    /// ```no_run
    /// # async fn main_job(app: djstripe_core::Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// let events = app.work_until_idle().await?;
    /// println!("{events} events processed");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn work_until_idle(&self) -> Result<usize, StoreError> {
        // Boxed, so that the futures of applications don't reach the compiler's `recursion_limit`.
        Box::pin(self.processing.work_until_idle()).await
    }

    /// Processes the events and effects that come due until this time, and returns the number of
    /// runs. A test lets time pass with it: a retry that is due in an hour runs at once. Retries
    /// that fail are due again after the schedule's next pause, and run too if that ends in time. No
    /// worker may run beside it: what that has claimed looks abandoned at a later time.
    ///
    /// ```no_run
    /// # async fn a_test(app: djstripe_core::Djstripe) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use djstripe_core::Timestamp;
    ///
    /// app.work_until(Timestamp::now() + Duration::from_secs(3600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn work_until(&self, time: Timestamp) -> Result<usize, StoreError> {
        Box::pin(self.processing.work_until(time)).await
    }
}
