//! Changes that run in the background.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::jobs::Job;
use crate::page::layout::{View, code, facts, number};
use crate::page::shown::shown;
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::page::words::state;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let job = find(visit)?;
    let end = job.end();
    let is_running = end.is_none();
    let words = match &end {
        None if job.is_stopped() => state("◐", "stopping", "warn"),
        None => state("◐", "running", "calm"),
        Some((_, Some(error))) => html! { (state("✕", "failed", "bad")) ": " (shown(error)) },
        Some((_, None)) if job.is_stopped() => state("⊘", "stopped", "warn"),
        Some((_, None)) => state("●", "finished", "good"),
    };
    let content = html! {
        (facts(&[
            ("State", words),
            ("Action", code(job.action)),
            ("Of what", html! { (shown(&job.subject)) }),
            ("By", code(&job.actor)),
            ("Changed", html! { (number(job.changed())) }),
            ("Skipped", html! { (number(job.skipped())) }),
            ("Pace", html! { "at most " (job.per_second) " per second" }),
            ("Begun", at(job.started_at, visit.now)),
        ]))
        @if is_running && !job.is_stopped() {
            form.bar method="post" action=(visit.to("stop", &[])) {
                input type="hidden" name="job" value=(job.id);
                button.danger { "Stop" }
            }
        }
        p { a href=(visit.to("audit", &[])) { "Audit" } }
    };
    let view = View::new(format!("Job {}", job.id), content);
    Ok(if is_running { view.refreshing(2) } else { view })
}

fn find(visit: &Visit) -> Result<std::sync::Arc<Job>, PageError> {
    let id = visit.params.get("id").or_else(|| visit.params.get("job"));
    let id = id.and_then(|id| id.parse().ok());
    let job = id.and_then(|id| visit.state.jobs().get(id));
    job.ok_or_else(|| {
        PageError::NotFound(
            "This process doesn't know the job: it runs in another process, or the program was started \
             again since. The record of actions says how far it got."
                .to_owned(),
        )
    })
}

/// Lets a job end before its next page. Returns the address that shows it.
pub(in crate::page) fn stop(visit: &Visit) -> Result<String, PageError> {
    let job = find(visit)?;
    let is_allowed = crate::page::access::Right::ALL
        .into_iter()
        .any(|right| right != crate::page::access::Right::Personal && visit.may(right));
    if !is_allowed {
        return Err(PageError::Lacks(crate::page::access::Right::Retry));
    }
    job.stop();
    Ok(visit.to("job", &[("id", &job.id.to_string())]))
}

/// A line for each job that runs.
pub(super) fn running(visit: &Visit) -> Markup {
    let jobs = visit.state.jobs().running();
    html! {
        @for job in &jobs {
            p.banner {
                (state("◐", "running", "calm")) " "
                a href=(visit.to("job", &[("id", &job.id.to_string())])) { (job.action) }
                " by " (shown(&job.actor)) ": " (number(job.changed())) " changed"
            }
        }
    }
}
