//! The second step of a change: it is done, at once or at a pace in the background.

use std::sync::Arc;
use std::time::Duration;

use super::change::Change;
use super::selection::{EffectPages, EventPages, Selection};
use crate::error::describe;
use crate::page::error::PageError;
use crate::page::jobs::{Begun, Job, Pace, Work};
use crate::page::shown::shown;
use crate::page::visit::Visit;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

/// Most events or effects per second.
const FASTEST: u32 = 1_000;

/// How many are changed by one statement.
const BATCH: u32 = 200;

/// Does what a form says. Returns the address that shows it.
pub(in crate::page) async fn run(visit: &Visit) -> Result<String, PageError> {
    let change = Change::read(&visit.params)?;
    visit.require(change.right())?;
    match change {
        Change::Pause => {
            visit.record(change.action(), "", None).await?;
            visit.store().pause(visit.now).await?;
            Ok(visit.to("", &[("done", change.done())]))
        }
        Change::Resume => {
            visit.record(change.action(), "", None).await?;
            visit.store().resume().await?;
            Ok(visit.to("", &[("done", change.done())]))
        }
        _ => of_selection(visit, change).await,
    }
}

async fn of_selection(visit: &Visit, change: Change) -> Result<String, PageError> {
    let selection = Selection::read(&visit.params, change.is_of_effects())?;
    let until = visit.params.get("until").and_then(|text| text.parse().ok());
    let until = until.map_or(visit.now, Timestamp::from_micros);
    let per_second = visit.params.get("pace").and_then(|text| text.parse().ok());
    let per_second = per_second.unwrap_or(FASTEST).clamp(1, FASTEST);
    let words = selection.words();
    let pages = pages(visit, &change, &selection, until, per_second.min(BATCH))?;

    if let Selection::Ids(ids) = &selection {
        let detail = match &change {
            Change::ReplayEvents(Some(receiver)) => format!("receiver {}", shown(receiver)),
            _ => format!("{} selected", ids.len()),
        };
        visit.record(change.action(), &words, Some(detail)).await?;
        return of_ids(visit, &change, ids).await;
    }

    let only = match &change {
        Change::ReplayEvents(Some(receiver)) => format!(" of receiver {}", shown(receiver)),
        _ => String::new(),
    };
    let detail = format!("begun{only}, at most {per_second} per second");
    visit.record(change.action(), &words, Some(detail)).await?;
    let pace = Arc::new(Pace::new(per_second, change.done()));
    let job = visit.state.jobs().begin(Begun {
        action: change.action(),
        subject: words,
        actor: visit.operator.name().to_owned(),
        right: change.right(),
        work: Work::Change(Arc::clone(&pace)),
    });
    let address = visit.to("job", &[("id", &job.id.to_string())]);
    let task = Task {
        store: visit.store().clone(),
        change,
        pages,
        job: Arc::clone(&job),
        pace,
    };
    drop(job.run(visit.store().clone(), task.change_all()));
    Ok(address)
}

/// Changes what was selected by ids. A single one has its own view, which shows the result.
async fn of_ids(visit: &Visit, change: &Change, ids: &[String]) -> Result<String, PageError> {
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let changed = apply(visit.store(), change, &keys).await?;
    let skipped = keys.len() as u64 - changed;
    if let [id] = &keys[..] {
        let done = if changed == 1 {
            change.done()
        } else {
            "skipped"
        };
        let (view, field) = if change.is_of_effects() {
            ("effect", "key")
        } else {
            ("event", "id")
        };
        return Ok(visit.to(view, &[(field, id), ("done", done)]));
    }
    let fields = [
        ("done", change.done()),
        ("changed", &*changed.to_string()),
        ("skipped", &*skipped.to_string()),
    ];
    let list = if change.is_of_effects() {
        "effects"
    } else {
        "events"
    };
    Ok(visit.to(list, &fields))
}

/// Changes events or effects. Returns how many were.
async fn apply(store: &Store, change: &Change, keys: &[&str]) -> Result<u64, StoreError> {
    let now = Timestamp::now();
    let changed = match (change, change.rerun()) {
        (_, Some(rerun)) => store.rerun(keys, rerun, now).await?,
        (Change::RetryEffects, _) => store.retry_effects(keys, now).await?,
        (Change::DiscardEffects, _) => store.discard_effects(keys, now).await?,
        _ => Vec::new(),
    };
    Ok(changed.len() as u64)
}

enum Pages {
    Events(EventPages),
    Effects(EffectPages),
}

fn pages(
    visit: &Visit,
    change: &Change,
    selection: &Selection,
    until: Timestamp,
    limit: u32,
) -> Result<Pages, PageError> {
    Ok(if change.is_of_effects() {
        Pages::Effects(EffectPages::new(visit, selection, until, limit)?)
    } else {
        Pages::Events(EventPages::new(visit, selection, until, limit)?)
    })
}

impl Pages {
    /// The ids or keys of the next page; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<String>>, PageError> {
        Ok(match self {
            Self::Events(pages) => {
                let page = pages.next().await?;
                page.map(|page| page.into_iter().map(|event| event.id).collect())
            }
            Self::Effects(pages) => {
                let page = pages.next().await?;
                page.map(|page| page.into_iter().map(|effect| effect.key).collect())
            }
        })
    }
}

/// A change in the background.
struct Task {
    store: Store,
    change: Change,
    pages: Pages,
    job: Arc<Job>,
    pace: Arc<Pace>,
}

impl Task {
    /// Changes page after page, until all are or somebody stops it.
    async fn change_all(mut self) -> Result<(), String> {
        while !self.job.is_stopped() {
            let page = self.pages.next().await.map_err(|error| error.text())?;
            let Some(page) = page else {
                return Ok(());
            };
            let keys: Vec<&str> = page.iter().map(String::as_str).collect();
            let applied = apply(&self.store, &self.change, &keys).await;
            let changed = applied.map_err(|error| describe(&error))?;
            let all = keys.len() as u64;
            self.pace.count(changed, all - changed);

            let share = all as f64 / f64::from(self.pace.per_second);
            tokio::time::sleep(Duration::from_secs_f64(share)).await;
        }
        Ok(())
    }
}
