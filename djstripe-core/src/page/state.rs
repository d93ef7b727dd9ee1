//! What the requests of the page share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::access_source::AccessSource;
use super::jobs::Jobs;
use crate::app::Djstripe;
use crate::store::Unready;
use crate::store::operator::{DEFAULT_LIMIT, OperatorQueries};

/// For how long it is known whether the database takes writes.
const KNOWN_FOR: Duration = Duration::from_secs(10);

/// What the requests share. Cheap to clone.
#[derive(Clone)]
pub(super) struct PageState(Arc<Shared>);

struct Shared {
    app: Djstripe,
    source: AccessSource,
    queries: OperatorQueries,
    jobs: Jobs,
    /// Why the database takes no writes, and when that was found out.
    unwritable: Mutex<Option<(Instant, Option<&'static str>)>>,
}

impl PageState {
    pub(super) fn new(app: Djstripe, source: AccessSource) -> Self {
        let queries = app.store().operator(DEFAULT_LIMIT);
        Self(Arc::new(Shared {
            app,
            source,
            queries,
            jobs: Jobs::default(),
            unwritable: Mutex::new(None),
        }))
    }

    pub(super) fn app(&self) -> &Djstripe {
        &self.0.app
    }

    pub(super) fn source(&self) -> &AccessSource {
        &self.0.source
    }

    pub(super) fn queries(&self) -> &OperatorQueries {
        &self.0.queries
    }

    pub(super) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// Why the database takes no writes; `None` if it takes them.
    pub(super) async fn unwritable(&self) -> Option<&'static str> {
        let known = *self.lock();
        if let Some((since, why)) = known
            && since.elapsed() < KNOWN_FOR
        {
            return why;
        }

        let why = match self.0.app.store().readiness().await {
            Err(Unready::NotWritable(why, _)) => Some(why),
            Ok(_) | Err(_) => None,
        };
        *self.lock() = Some((Instant::now(), why));
        why
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Option<&'static str>)>> {
        let lock = self.0.unwritable.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}
