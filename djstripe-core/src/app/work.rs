//! Processing stored events.

use tokio::sync::watch;

use super::facade::Djstripe;
use crate::store::StoreError;

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
        self.intake.stop_worker();
        self.processing.work(shutdown).await;
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
        self.processing.work_until_idle().await
    }
}
