//! What has arrived since both deliver, and what the next step is.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::Move;
use crate::cli::endpoints::at_stripe;
use crate::cli::exit::CommandError;
use crate::cli::output::{OutputArgs, print};
use crate::endpoint::{Endpoint, StripeEndpoint, abbreviate};
use crate::receiver::needed_events::thin_name;
use crate::store::{ArrivalFilter, Arrivals};
use crate::timestamp::{Timestamp, unix_seconds};
use crate::webhook::event_name::EventName;

pub(super) struct Report {
    old: Side,
    new: Side,
    since: Timestamp,
    cut_over_at: Option<Timestamp>,
    /// By the name of the snapshot event, or of the thin event that has none.
    arrivals: BTreeMap<String, Arrivals>,
    /// Names that arrived as a snapshot event only, and that the thin destination should send.
    pub(super) differing: Vec<String>,
    /// Names that arrived only because the old endpoint requests `"*"`: nobody would send them.
    pub(super) by_all_only: Vec<String>,
    /// Names that the receivers need and that have no thin event.
    pub(super) stays: Vec<String>,
    /// Names that the receivers need and that the thin destination doesn't send.
    missing: Vec<String>,
    next: String,
}

/// An endpoint, here and at Stripe.
struct Side {
    id: String,
    stripe_id: String,
    enabled: bool,
    at_stripe: Option<StripeEndpoint>,
}

/// Compares what has arrived.
///
/// # Errors
/// Those of Stripe and of the database, and if Stripe no longer has the thin destination.
pub(super) async fn make(migration: &Move<'_>, new: &Endpoint) -> Result<Report, CommandError> {
    let Move {
        tools,
        arguments,
        old,
        ..
    } = migration;
    let old_side = side(migration, old).await?;
    let new_side = side(migration, new).await?;
    let since = created(&new_side, old)?;
    let cut_over_at = new.take_over.as_ref().and_then(|from| from.cut_over_at);

    let filter = ArrivalFilter {
        since: unix_seconds(since.into()),
        until: cut_over_at.map_or(i64::MAX, |at| unix_seconds(at.into())),
        received_until: Timestamp::from(SystemTime::now() - arguments.settle),
        livemode: new.livemode,
        of_all_own_accounts: new.organization,
        own_account: new.own_account.clone(),
        thin_endpoint: new.id,
        of_other_accounts: match (new.connect, new.organization) {
            _ if new.accounts.to_string() == "any" => None,
            (connect, false) => Some(connect),
            (_, true) => None,
        },
    };
    let mut arrivals = tools.store.arrivals(&filter).await?;
    arrivals.retain(|name, _| EventName::new(name).backfilled().is_none());

    let sent = tools.needed.for_thin();
    let is_differing = |(name, arrivals): &(&String, &Arrivals)| {
        let thin = thin_name(name).filter(|thin| sent.contains(thin));
        arrivals.only_snapshot > 0 && thin.is_some()
    };
    let differing = arrivals.iter().filter(is_differing);
    let snapshots = arrivals.iter().filter(|(_, it)| it.only_snapshot > 0);
    let by_all_only = snapshots.filter(|(name, _)| tools.needed.is_sent_by_all_only(name));
    let mut report = Report {
        differing: differing.map(|(name, _)| name.clone()).collect(),
        by_all_only: by_all_only.map(|(name, _)| name.clone()).collect(),
        stays: tools.needed.without_thin(),
        missing: Vec::new(),
        old: old_side,
        new: new_side,
        since,
        cut_over_at,
        arrivals,
        next: String::new(),
    };
    report.missing = report.not_sent(&sent);
    report.next = report.next_step();
    Ok(report)
}

async fn side(migration: &Move<'_>, endpoint: &Endpoint) -> Result<Side, CommandError> {
    let stripe_id = endpoint.stripe_id.clone().unwrap_or_default();
    let client = migration.tools.client(endpoint)?;
    Ok(Side {
        at_stripe: at_stripe::fetch(client, endpoint, &stripe_id).await?,
        id: endpoint.id.to_string(),
        enabled: endpoint.enabled,
        stripe_id,
    })
}

/// When the thin destination was created, by Stripe's clock, which the events have too.
fn created(new: &Side, old: &Endpoint) -> Result<Timestamp, CommandError> {
    let Some(found) = &new.at_stripe else {
        let (id, stripe_id) = (old.id, &new.stripe_id);
        let message = format!(
            "{stripe_id} is gone at Stripe: run `endpoints migrate-to-thin {id} --undo`, and begin again"
        );
        return Err(message.into());
    };
    let created = found.created.as_deref().unwrap_or_default();
    let created = humantime::parse_rfc3339(created)
        .map_err(|_| format!("Stripe doesn't say when {} was created", found.id))?;
    Ok(Timestamp::from(created))
}

impl Side {
    fn is_enabled(&self) -> bool {
        let at_stripe = self.at_stripe.as_ref();
        self.enabled && at_stripe.is_some_and(StripeEndpoint::is_enabled)
    }

    fn state(&self) -> String {
        match &self.at_stripe {
            None => "gone at Stripe".to_owned(),
            Some(_) if self.is_enabled() => "enabled".to_owned(),
            Some(found) => match &found.reason {
                Some(reason) => format!("disabled, reason: {reason}"),
                None => "disabled".to_owned(),
            },
        }
    }

    fn to_json(&self) -> Value {
        let at_stripe = self.at_stripe.as_ref();
        json!({
            "id": self.id,
            "stripe_id": self.stripe_id,
            "enabled": self.enabled,
            "status": at_stripe.map_or("gone", |found| &found.status),
            "reason": at_stripe.and_then(|found| found.reason.clone()),
            "events": at_stripe.map(|found| &found.enabled_events),
        })
    }
}

impl Report {
    /// Whether the thin destination delivers.
    pub(super) fn new_is_enabled(&self) -> bool {
        self.new.is_enabled()
    }

    /// Those of the names that the thin destination doesn't send.
    pub(super) fn not_sent(&self, names: &[String]) -> Vec<String> {
        let found = self.new.at_stripe.as_ref();
        let is_sent = |name: &&String| found.is_some_and(|it| it.enabled_events.contains(name));
        let missing = names.iter().filter(|name| !is_sent(name));
        missing.cloned().collect()
    }

    /// Whether Stripe no longer has the old endpoint.
    pub(super) fn old_is_gone(&self) -> bool {
        self.old.at_stripe.is_none()
    }

    fn total(&self, count: fn(&Arrivals) -> i64) -> i64 {
        self.arrivals.values().map(count).sum()
    }

    /// How many happenings arrived as a thin event.
    pub(super) fn as_thin(&self) -> i64 {
        self.total(|it| it.both + it.only_thin)
    }

    /// Whether the old endpoint is what a cut-over makes of it.
    fn is_done(&self) -> bool {
        let found = self.old.at_stripe.as_ref();
        if self.stays.is_empty() {
            return !self.old.enabled && !found.is_some_and(StripeEndpoint::is_enabled);
        }
        let mut events = found.map_or_else(Vec::new, |found| found.enabled_events.clone());
        events.sort();
        self.old.is_enabled() && events == self.stays
    }

    fn next_step(&self) -> String {
        let (old, new) = (&self.old.id, &self.new.id);
        let command = format!("endpoints migrate-to-thin {old}");
        if self.cut_over_at.is_some() {
            return if !self.new_is_enabled() {
                format!("endpoints enable {new}, or {command} --undo")
            } else if !self.missing.is_empty() {
                format!("endpoints sync {new}, as it doesn't send all that receivers need")
            } else if !self.stays.is_empty() && self.old_is_gone() {
                format!("endpoints roll {old}, which creates the endpoint at Stripe again")
            } else if !self.is_done() {
                format!("{command} --cut-over, which finishes it")
            } else if self.stays.is_empty() {
                format!("endpoints delete {old}, once nothing is missed; or {command} --undo")
            } else {
                format!("nothing: both stay; {command} --undo leads back")
            };
        }

        if !self.new_is_enabled() {
            format!("endpoints enable {new}")
        } else if !self.missing.is_empty() {
            format!("endpoints sync {new}, as it doesn't send all that receivers need")
        } else if !self.differing.is_empty() {
            format!(
                "look at these events with `events show ID`, then {command} --cut-over \
                 --despite-differences if they don't matter, or {command} --undo"
            )
        } else if !self.by_all_only.is_empty() {
            format!(
                "name these events in a receiver, with `unchecked(\"…\")`, as `*` ends with the \
                 cut-over: {}; then {command}",
                abbreviate(&self.by_all_only)
            )
        } else if self.as_thin() == 0 {
            format!("wait for events, or `endpoints ping {new}`; then {command}")
        } else {
            format!("{command} --cut-over")
        }
    }

    pub(super) fn print(&self, output: OutputArgs) -> Result<(), CommandError> {
        if output.json {
            print(self.to_json())?;
        } else {
            self.print_text()?;
        }
        Ok(())
    }

    fn print_text(&self) -> Result<(), CommandError> {
        let Self {
            old, new, since, ..
        } = self;
        print(format_args!(
            "{}  {}  snapshot events  {}",
            old.id,
            old.stripe_id,
            old.state()
        ))?;
        print(format_args!(
            "{}  {}  thin events  {}",
            new.id,
            new.stripe_id,
            new.state()
        ))?;
        let span = match self.cut_over_at {
            None => format!("Since {since}"),
            Some(at) => format!("From {since} until the cut-over at {at}"),
        };
        print(format_args!(
            "{span}: {} happenings as both, {} as snapshot event only, {} as thin event only",
            self.total(|it| it.both),
            self.total(|it| it.only_snapshot),
            self.total(|it| it.only_thin)
        ))?;

        for (name, arrivals) in &self.arrivals {
            print(line(name, arrivals))?;
        }
        if !self.stays.is_empty() {
            print(format_args!(
                "Without a thin event, so these stay with {}: {}",
                old.stripe_id,
                abbreviate(&self.stays)
            ))?;
        }
        print(format_args!("Next: {}", self.next))?;
        Ok(())
    }

    fn to_json(&self) -> Value {
        let by_name = |(name, arrivals): (&String, &Arrivals)| {
            json!({
                "name": name,
                "sent_as": sent_as(name),
                "both": arrivals.both,
                "only_snapshot": arrivals.only_snapshot,
                "only_thin": arrivals.only_thin,
                "snapshot_ids": arrivals.snapshot_ids,
                "thin_ids": arrivals.thin_ids,
            })
        };
        let phase = match self.cut_over_at {
            None => "both_deliver",
            Some(_) if self.is_done() => "cut_over",
            Some(_) => "cutting_over",
        };
        json!({
            "phase": phase,
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "since": self.since.to_string(),
            "cut_over_at": self.cut_over_at.map(|at| at.to_string()),
            "both": self.total(|it| it.both),
            "only_snapshot": self.total(|it| it.only_snapshot),
            "only_thin": self.total(|it| it.only_thin),
            "names": self.arrivals.iter().map(by_name).collect::<Vec<_>>(),
            "differing": self.differing,
            "by_all_only": self.by_all_only,
            "stays": self.stays,
            "next": self.next,
        })
    }
}

/// As which kinds Stripe sends events of this name.
fn sent_as(name: &str) -> &'static str {
    let known = EventName::new(name);
    match known.thin_name() {
        None => "snapshot",
        Some(_) if known.is_thin_only() => "thin",
        Some(_) => "both",
    }
}

fn line(name: &str, arrivals: &Arrivals) -> String {
    let note = match sent_as(name) {
        "snapshot" => "  (no thin event)",
        "thin" => "  (no snapshot event)",
        _ => "",
    };
    let mut line = format!("  {name}{note}  {} both", arrivals.both);
    for (count, kind, ids) in [
        (arrivals.only_snapshot, "snapshot", &arrivals.snapshot_ids),
        (arrivals.only_thin, "thin", &arrivals.thin_ids),
    ] {
        if count > 0 {
            line += &format!(", {count} {kind} only: {}", ids.join(" "));
        }
    }
    line
}
