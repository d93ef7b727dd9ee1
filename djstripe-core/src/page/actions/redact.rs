//! Forgetting a customer. A first job counts what would be blanked, and its view asks; a second one
//! blanks it. Both read every stored event, which takes minutes where there are millions.

use std::sync::Arc;
use std::time::Duration;

use maud::{Markup, html};

use crate::error::describe;
use crate::maintenance::redact::{ACTION, RedactOptions, RedactReport};
use crate::page::access::Right;
use crate::page::error::PageError;
use crate::page::filter::mode;
use crate::page::jobs::{Begun, Work};
use crate::page::layout::{number, table};
use crate::page::params::encoded;
use crate::page::visit::Visit;
use crate::store::CUSTOMER;
use crate::webhook::mode_name;

/// A job that is done within this time is shown with its result at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// The form that leads to the count, on the customer's own view.
pub(in crate::page) fn button(
    visit: &Visit,
    object: &str,
    id: &str,
    account: &str,
    livemode: bool,
) -> Markup {
    if object != CUSTOMER || !visit.may(Right::Redact) {
        return html! {};
    }
    html! {
        form.bar method="post" action=(visit.to("count-redaction", &[])) {
            (customer_fields(id, account, livemode))
            label { input type="checkbox" name="keep-metadata" value="yes"; "keep metadata and description" }
            button.danger { "Forget this customer…" }
        }
    }
}

fn customer_fields(id: &str, account: &str, livemode: bool) -> Markup {
    html! {
        input type="hidden" name="id" value=(encoded(id));
        input type="hidden" name="account" value=(encoded(account));
        input type="hidden" name="mode" value=(mode_name(livemode));
    }
}

/// Begins to count what would be blanked. Returns the address that shows it.
pub(in crate::page) async fn count(visit: &Visit) -> Result<String, PageError> {
    visit.require(Right::Redact)?;
    let options = RedactOptions {
        dry_run: true,
        ..options(visit)?
    };
    Ok(begin(visit, "redact customer --dry-run", options).await)
}

/// Begins to blank. Returns the address that shows it.
pub(in crate::page) async fn run(visit: &Visit) -> Result<String, PageError> {
    visit.require(Right::Redact)?;
    let options = options(visit)?;
    visit
        .record(ACTION, &options.subject(), Some(options.begun()))
        .await?;
    Ok(begin(visit, ACTION, options).await)
}

/// The customer that a form names.
fn options(visit: &Visit) -> Result<RedactOptions, PageError> {
    let ids = visit.params.all_encoded("id");
    let [id] = &ids[..] else {
        return Err(PageError::Invalid("The form names no customer.".to_owned()));
    };
    Ok(RedactOptions {
        account: Some(visit.params.all_encoded("account").concat()),
        livemode: mode(&visit.params)?,
        keep_metadata: visit.params.get("keep-metadata").is_some(),
        ..RedactOptions::new(id.as_str())
    })
}

async fn begin(visit: &Visit, action: &'static str, options: RedactOptions) -> String {
    let report = Arc::default();
    let job = visit.state.jobs().begin(Begun {
        action,
        subject: options.subject(),
        actor: visit.operator.name().to_owned(),
        right: Right::Redact,
        work: Work::Redaction {
            options: options.clone(),
            report: Arc::clone(&report),
        },
    });
    let address = visit.to("job", &[("id", &job.id.to_string())]);
    let app = visit.app().clone();
    let running = job.run(visit.store().clone(), async move {
        let redacted = app.redact(&options).await;
        let found = redacted.map_err(|error| describe(&error))?;
        report.get_or_init(|| found);
        Ok(())
    });
    // Whether it has ended by then is for its view to say.
    let _ = tokio::time::timeout(PATIENCE, running).await;
    address
}

/// What was counted, with the form that asks; or what was blanked.
pub(in crate::page) fn result(
    visit: &Visit,
    options: &RedactOptions,
    report: Option<&RedactReport>,
    is_running: bool,
) -> Markup {
    let Some(report) = report else {
        return html! { @if is_running { p { "All stored events are read." } } };
    };
    let done = if options.dry_run {
        "would be blanked"
    } else {
        "were blanked"
    };
    html! {
        p { strong { (number(report.fields)) " fields" } " " (done) "." }
        (table("Where they are", &["What", "Number"], &numbers(report)))
        @if options.dry_run {
            p { "Ids and money stay. This can't be undone, and changes nothing at Stripe." }
            (ask(visit, options, report))
        }
    }
}

fn numbers(report: &RedactReport) -> Vec<Markup> {
    let tables = report.rows.iter().map(|(name, rows)| (*name, *rows));
    let others = [
        ("versions", report.versions),
        ("events", report.events),
        ("deliveries", report.deliveries),
        ("effects", report.effects),
        ("errors and replies", report.errors),
    ];
    let numbers = tables.chain(others);
    numbers
        .map(|(name, count)| html! { th scope="row" { (name) } td { (number(count)) } })
        .collect()
}

fn ask(visit: &Visit, options: &RedactOptions, report: &RedactReport) -> Markup {
    if !visit.may(Right::Redact) {
        return html! {};
    }
    html! {
        form.bar method="post" action=(visit.to("redact", &[])) {
            (customer_fields(&options.customer, &report.account, report.livemode))
            @if options.keep_metadata { input type="hidden" name="keep-metadata" value="yes"; }
            button.danger { "Forget this customer" }
            a href=(visit.object(CUSTOMER, &report.account, report.livemode, &options.customer)) { "Cancel" }
        }
    }
}
