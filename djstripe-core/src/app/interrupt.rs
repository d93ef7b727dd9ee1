//! Signals that end a process which otherwise runs on.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, and on Unix SIGTERM, which `docker stop` and systemd send.
///
/// A signal that arrives between [`install`](Self::install) and [`wait`](Self::wait) is not lost.
#[derive(Debug)]
pub(crate) struct Interrupt {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Interrupt {
    /// From now on these signals no longer kill the process.
    pub(crate) fn install() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    pub(crate) async fn wait(mut self) -> std::io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => Ok(()),
            _ = self.terminate.recv() => Ok(()),
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn wait(self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
