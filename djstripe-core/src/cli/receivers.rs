//! `receivers`: the registered receivers, in the order in which they run.

use clap::Args;
use serde_json::{Value, json};

use super::exit::{CommandError, ExitStatus};
use super::list::cut_end;
use super::output::{OutputArgs, print, width};
use crate::app::Builder;
use crate::receiver::ReceiverInfo;

/// Between two columns.
const GAP: &str = "  ";

#[derive(Debug, Args)]
pub(super) struct Receivers {
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(builder: &Builder, arguments: &Receivers) -> Result<ExitStatus, CommandError> {
    let registry = builder.registry()?;
    if arguments.output.json {
        for receiver in registry.receivers() {
            print(to_json(receiver))?;
        }
        return Ok(ExitStatus::Success);
    }

    let rows: Vec<Row> = registry.receivers().iter().map(|it| Row::new(it)).collect();
    for line in table(&rows, width()) {
        print(line)?;
    }
    Ok(ExitStatus::Success)
}

fn to_json(receiver: &ReceiverInfo) -> Value {
    let options = &receiver.options;
    json!({
        "id": receiver.id,
        "built_in": receiver.is_built_in(),
        "events": receiver.events,
        "location": receiver.location.to_string(),
        "priority": options.priority,
        "changed": options.changed,
        "livemode": options.livemode,
        "account": options.account.as_str(),
        "retries": options.retries,
        "timeout_seconds": options.timeout.map(|timeout| timeout.as_secs_f64()),
        "critical": options.critical,
        "transaction": options.transaction.as_str(),
        "mirror": if options.waits_for_mirror { "required" } else { "optional" },
        "replies": receiver.replies,
        "on_backfill": options.on_backfill,
    })
}

struct Row {
    id: String,
    events: Vec<&'static str>,
    location: String,
    /// The filters and options that the attribute has, if any.
    options: String,
}

impl Row {
    fn new(receiver: &ReceiverInfo) -> Self {
        Self {
            id: receiver.id.to_owned(),
            events: receiver.events.to_vec(),
            location: receiver.location.to_string(),
            options: receiver.options.to_string(),
        }
    }
}

/// Lines of at most `width` characters: a heading, one line per row, and one more for its options.
///
/// Ids and locations have a maximum share of the width; the events take the rest.
fn table(rows: &[Row], width: usize) -> Vec<String> {
    let longest = |text: fn(&Row) -> &str, heading: &str| {
        let lengths = rows.iter().map(|row| text(row).chars().count());
        lengths.max().unwrap_or(0).max(heading.len())
    };
    let id_width = longest(|row| &row.id, "RECEIVER").min(width * 9 / 20);
    let location_width = longest(|row| &row.location, "LOCATION").min(width / 4);
    let events_width = width.saturating_sub(id_width + location_width + 2 * GAP.len());

    let line = |id: &str, location: &str, events: &str| {
        format!("{id:<id_width$}{GAP}{location:<location_width$}{GAP}{events}")
            .trim_end()
            .to_owned()
    };
    let heading = line("RECEIVER", "LOCATION", "EVENTS");
    let lines = rows.iter().flat_map(|row| {
        let receiver = line(
            &cut_end(&row.id, id_width),
            &cut_path(&row.location, location_width),
            &cut_list(&row.events, events_width),
        );
        let options = (!row.options.is_empty()).then(|| format!("{GAP}{}", row.options));
        [receiver].into_iter().chain(options)
    });

    // The headings alone may be wider than a very narrow terminal.
    let all = std::iter::once(heading).chain(lines);
    all.map(|line| cut_end(&line, width)).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Cuts a path at its start, at a separator if possible: file name and line are at its end.
fn cut_path(path: &str, width: usize) -> String {
    if length(path) <= width {
        return path.to_owned();
    }
    let at_separator = path
        .match_indices(['/', '\\'])
        .map(|(index, _)| &path[index..])
        .find(|rest| length(rest) < width);
    if let Some(rest) = at_separator {
        return format!("…{rest}");
    }
    let kept = path.chars().skip(length(path) + 1 - width.max(1));
    std::iter::once('…').chain(kept).collect()
}

/// As many names as fit, and how many more there are.
fn cut_list(names: &[&str], width: usize) -> String {
    let all = names.join(", ");
    if length(&all) <= width {
        return all;
    }

    for count in (1..names.len()).rev() {
        let more = names.len() - count;
        let shortened = format!("{}, … and {more} more", names[..count].join(", "));
        if length(&shortened) <= width {
            return shortened;
        }
    }

    let more = match names.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let first = names.first().copied().unwrap_or_default();
    let first_width = width.saturating_sub(length(&more));
    cut_end(&format!("{}{more}", cut_end(first, first_width)), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_its_width() {
        let row = |id: &str, events: &[&'static str], location: &str, options: &str| Row {
            id: id.to_owned(),
            events: events.to_vec(),
            location: location.to_owned(),
            options: options.to_owned(),
        };
        let rows = [
            row(
                "shop::ship",
                &["invoice.paid"],
                "src/main.rs:12:1",
                r#"when(changed("status")), retries = 3"#,
            ),
            row(
                "djstripe::handle_customer_event",
                &["customer.created", "customer.updated", "customer.deleted"],
                "/home/ann/.cargo/registry/src/index/djstripe-core-0.1.0/src/mirror/customer.rs:4:1",
                "",
            ),
        ];

        let lines = table(&rows, 100);
        assert_eq!(
            lines,
            [
                "RECEIVER                         LOCATION                   EVENTS",
                "shop::ship                       src/main.rs:12:1           invoice.paid",
                "  when(changed(\"status\")), retries = 3",
                "djstripe::handle_customer_event  …/mirror/customer.rs:4:1   customer.created, … and 2 more",
            ]
        );

        for width in [20, 40, 80, 200] {
            for line in table(&rows, width) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_list_says_how_many_names_it_leaves_out() {
        let names = ["invoice.paid", "invoice.sent", "charge.failed"];
        let check = |width: usize, expected: &str| assert_eq!(cut_list(&names, width), expected);
        check(41, "invoice.paid, invoice.sent, charge.failed");
        check(40, "invoice.paid, invoice.sent, … and 1 more");
        check(26, "invoice.paid, … and 2 more");
        check(20, "invoice.… and 2 more");
    }
}
