//! Signals that end a process which otherwise runs on.

use std::io;

use tokio::sync::watch;

#[cfg(unix)]
use signals::Signals;

/// Ctrl-C, and on Unix SIGTERM, which `docker stop` and systemd send, and SIGHUP, which a terminal
/// sends when it closes.
///
/// The first signal asks the process to end; it is not lost if it arrives before
/// [`wait`](Self::wait). The second one ends the process at once, with the status that a shell shows
/// for it.
#[derive(Debug)]
pub(crate) struct Interrupt {
    received: watch::Receiver<bool>,
}

impl Interrupt {
    /// From now on the first signal no longer kills the process.
    pub(crate) fn install() -> io::Result<Self> {
        let mut signals = Signals::install()?;
        let (send, received) = watch::channel(false);
        // It outlives this value: what takes too long to end can be ended however the end began.
        tokio::spawn(async move {
            let first = signals.next().await;
            tracing::info!(
                signal = first.name,
                "signal received; a second one ends the process at once"
            );
            send.send_replace(true);

            let second = signals.next().await;
            tracing::warn!(
                signal = second.name,
                "second signal received; ending at once, events under way wait for their leases to expire"
            );
            std::process::exit(128 + second.number);
        });
        Ok(Self { received })
    }

    /// Waits for the first signal.
    ///
    /// # Errors
    /// If signals can no longer be received.
    pub(crate) async fn wait(mut self) -> io::Result<()> {
        let received = self.received.wait_for(|received| *received).await;
        received.map(drop).map_err(io::Error::other)
    }
}

/// A signal that ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ending {
    name: &'static str,
    number: i32,
}

const INTERRUPT: Ending = Ending {
    name: "SIGINT",
    number: 2,
};

#[cfg(unix)]
mod signals {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Ending, INTERRUPT};

    const HANGUP: Ending = Ending {
        name: "SIGHUP",
        number: 1,
    };
    const TERMINATE: Ending = Ending {
        name: "SIGTERM",
        number: 15,
    };

    pub(super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        /// `None` if the process was started so that it survives its terminal.
        hangup: Option<Signal>,
    }

    impl Signals {
        pub(super) fn install() -> io::Result<Self> {
            let hangup = !is_hangup_ignored();
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: hangup.then(|| signal(SignalKind::hangup())).transpose()?,
            })
        }

        pub(super) async fn next(&mut self) -> Ending {
            let hangup = async {
                match &mut self.hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(()) = self.interrupt.recv() => INTERRUPT,
                Some(()) = self.terminate.recv() => TERMINATE,
                Some(()) = hangup => HANGUP,
                else => std::future::pending().await,
            }
        }
    }

    /// Whether the process ignores SIGHUP, as `nohup` makes it. Known on Linux only.
    fn is_hangup_ignored() -> bool {
        std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
    }

    fn ignores_hangup(status: &str) -> bool {
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & 1 == 1)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn nohup_is_recognized() {
            let check = |mask: &str, expected: bool| {
                let status = format!("Name:\tshop\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n");
                assert_eq!(ignores_hangup(&status), expected, "{mask}");
            };
            check("0000000000001001", true);
            check("0000000000001000", false);
            check("", false);
            assert!(!ignores_hangup(""));
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Ending {
        match tokio::signal::ctrl_c().await {
            Ok(()) => INTERRUPT,
            Err(_) => std::future::pending().await,
        }
    }
}
