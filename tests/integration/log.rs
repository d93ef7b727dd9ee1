//! What the program logs, as text.
//!
//! One subscriber takes the messages of all threads: with one for each thread, the level of one limits what
//! the others see.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once};

use tracing::Level;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

thread_local! {
    /// The logs that collect this thread's messages, the innermost last.
    static LOGS: RefCell<Vec<(Level, Log)>> = const { RefCell::new(Vec::new()) };
}

/// What was logged on this thread while the guard of [`start`](Self::start) was held.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// Ends the collecting when it is dropped.
pub(crate) struct Collecting(());

impl Drop for Collecting {
    fn drop(&mut self) {
        LOGS.with_borrow_mut(Vec::pop);
    }
}

impl Log {
    /// Begins to collect messages of this level and above.
    pub(crate) fn start(&self, level: Level) -> Collecting {
        static SUBSCRIBED: Once = Once::new();

        SUBSCRIBED.call_once(|| {
            let subscriber = tracing_subscriber::fmt()
                .with_ansi(false)
                .with_max_level(Level::TRACE)
                .with_writer(|| innermost().map_or_else(Self::default, |(_, log)| log))
                .finish()
                // A `filter_fn` would be asked once for each place in the code, and not for each thread.
                .with(dynamic_filter_fn(|message, _| {
                    innermost().is_some_and(|(level, _)| *message.level() <= level)
                }));
            tracing::subscriber::set_global_default(subscriber).expect("nothing else subscribes");
        });
        LOGS.with_borrow_mut(|logs| logs.push((level, self.clone())));
        Collecting(())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn innermost() -> Option<(Level, Log)> {
    LOGS.with_borrow(|logs| logs.last().cloned())
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
