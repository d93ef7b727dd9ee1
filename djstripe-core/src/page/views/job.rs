//! Changes that run in the background.

use maud::{Markup, html};

use crate::page::actions::redact;
use crate::page::error::PageError;
use crate::page::jobs::{Job, Work};
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
    let mut told = vec![
        ("State", words),
        ("Action", code(job.begun.action)),
        ("Of what", html! { (shown(&job.begun.subject)) }),
        ("By", code(&job.begun.actor)),
    ];
    if let Work::Change(pace) = &job.begun.work {
        told.extend([
            ("Changed", html! { (number(pace.changed())) }),
            ("Skipped", html! { (number(pace.skipped())) }),
            ("Pace", html! { "at most " (pace.per_second) " per second" }),
        ]);
    }
    told.push(("Begun", at(job.started_at, visit.now)));
    let content = html! {
        (facts(&told))
        @if let Work::Redaction { options, report } = &job.begun.work {
            (redact::result(visit, options, report.get(), is_running))
        } @else if is_running && !job.is_stopped() && visit.may(job.begun.right) {
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
pub(in crate::page) async fn stop(visit: &Visit) -> Result<String, PageError> {
    let job = find(visit)?;
    visit.require(job.begun.right)?;
    if let Work::Redaction { .. } = &job.begun.work {
        return Err(PageError::Invalid(
            "A redaction can't be stopped: it would leave a part of what is personal.".to_owned(),
        ));
    }
    if job.end().is_none() && !job.is_stopped() {
        let begun = &job.begun;
        let detail = format!("asked to stop, begun by {}", begun.actor);
        visit
            .record(begun.action, &begun.subject, Some(detail))
            .await?;
        job.stop();
    }
    Ok(visit.to("job", &[("id", &job.id.to_string())]))
}

/// A line for each job that runs.
pub(super) fn running(visit: &Visit) -> Markup {
    let jobs = visit.state.jobs().running();
    html! {
        @for job in &jobs {
            p.banner {
                (state("◐", "running", "calm")) " "
                a href=(visit.to("job", &[("id", &job.id.to_string())])) { (job.begun.action) }
                " by " (shown(&job.begun.actor))
                @if let Work::Change(pace) = &job.begun.work { ": " (number(pace.changed())) " changed" }
            }
        }
    }
}
