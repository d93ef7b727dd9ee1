//! `objects history`: the versions of one object, each with what it changed.

use clap::Args;
use djstripe_models::descriptor;
use serde::Serialize;
use serde_json::value::RawValue;

use super::position::{name_position, read_position};
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus, UsageError};
use crate::cli::list::{DEFAULT_LIMIT, one_more, shortened};
use crate::cli::output::{OutputArgs, note, print};
use crate::cli::settings::DatabaseArgs;
use crate::store::{
    FieldChange, ObjectVersion, Store, ValueChange, VersionPosition, VersionedObject, difference,
};

#[derive(Debug, Args)]
pub(super) struct History {
    /// Type of the object, such as customer or checkout.session
    object: String,
    /// Id of the object, or live/ID or test/ID, with live/ACCOUNT/ID for one of a connected account
    id: String,
    /// Show the object of this connected account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Show the versions before this one, which the end of the page before names
    #[arg(long, value_name = "POSITION")]
    after: Option<VersionPosition>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, history: History) -> Result<ExitStatus, CommandError> {
    let object = match descriptor(&history.object) {
        Some(descriptor) => descriptor.object,
        None => return Err(format!("`{}` is not a Stripe object", history.object).into()),
    };
    let store = open_migrated(&history.database.apply(builder)).await?;
    let account = history.account.as_deref();
    let Some(versioned) = find(&store, object, &history.id, account).await? else {
        return Err(none(&store, object, &history.id).into());
    };

    let limit = one_more(history.limit);
    let versions = store
        .object_versions(&versioned, history.after, limit)
        .await?;
    let shown = usize::try_from(history.limit).unwrap_or(usize::MAX);
    let shown = &versions[..shown.min(versions.len())];
    for (index, version) in shown.iter().enumerate() {
        let shown = ShownVersion::new(version, versions.get(index + 1))?;
        if history.output.json {
            print(shown.to_json(&versioned)?)?;
        } else {
            shown.print()?;
        }
    }

    if let Some(last) = shown.last().filter(|_| shown.len() < versions.len()) {
        note(format_args!(
            "{} versions shown, there are older ones; add `--after {}` for the next ones, or raise `--limit`",
            shown.len(),
            last.position()
        ));
    }
    if !store.keeps_versions_of(object) {
        note(format_args!(
            "with the settings of this command no further versions of `{object}` are kept; {}",
            turn_on(object)
        ));
    }
    Ok(ExitStatus::Success)
}

/// The object that is meant; `None` if it has no versions.
async fn find(
    store: &Store,
    object: &str,
    id: &str,
    account: Option<&str>,
) -> Result<Option<VersionedObject>, CommandError> {
    let position = read_position(id);
    let plain = position.as_ref().map_or(id, |(_, _, id)| id);
    let mut found = store.versioned_objects(object, plain).await?;
    if let Some((account, livemode, _)) = &position {
        found.retain(|it| it.account == *account && it.livemode == *livemode);
    }
    if let Some(account) = account {
        found.retain(|it| it.account == account);
    }

    if let [first, _, ..] = &found[..] {
        let position = name_position(&first.account, first.livemode, &first.id);
        let message = format!("several objects are {id}; write {position} for one of them");
        return Err(UsageError(message).into());
    }
    Ok(found.pop())
}

/// Why an object has no versions.
fn none(store: &Store, object: &str, id: &str) -> String {
    if store.keeps_versions_of(object) {
        format!("no version of the {object} {id} is stored; one is when its row is written next")
    } else {
        format!("versions of `{object}` are not kept; {}", turn_on(object))
    }
}

fn turn_on(object: &str) -> String {
    format!(
        "set `DJSTRIPE_VERSIONS={object}`, or `.keep_versions_of([\"{object}\"])`, for every process \
         that writes objects"
    )
}

/// A version, and what it changed of the one before.
struct ShownVersion<'v> {
    version: &'v ObjectVersion,
    previous: Option<&'v ObjectVersion>,
    changes: Vec<FieldChange>,
}

#[derive(Serialize)]
struct Line<'v> {
    object: &'v str,
    id: &'v str,
    account: &'v str,
    livemode: bool,
    observed_at: String,
    recorded_at: String,
    event: Option<&'v str>,
    deleted: bool,
    previous_at: Option<String>,
    changes: Vec<ChangeLine<'v>>,
    content: &'v RawValue,
}

/// Values are JSON, so that numbers stay as they are written.
#[derive(Serialize)]
struct ChangeLine<'v> {
    path: String,
    change: &'static str,
    old: Option<&'v RawValue>,
    new: Option<&'v RawValue>,
}

impl<'v> ChangeLine<'v> {
    fn of(change: &'v FieldChange) -> Result<Self, serde_json::Error> {
        let raw = |json: Option<&'v str>| json.map(serde_json::from_str).transpose();
        Ok(Self {
            path: change.path.to_string(),
            change: change.change.as_str(),
            old: raw(change.change.before())?,
            new: raw(change.change.after())?,
        })
    }
}

impl<'v> ShownVersion<'v> {
    fn new(
        version: &'v ObjectVersion,
        previous: Option<&'v ObjectVersion>,
    ) -> Result<Self, CommandError> {
        let changes = match previous {
            Some(previous) => difference(&previous.content, &version.content)?,
            None => Vec::new(),
        };
        Ok(Self {
            version,
            previous,
            changes,
        })
    }

    fn to_json(&self, object: &VersionedObject) -> Result<String, serde_json::Error> {
        let changes = self.changes.iter().map(ChangeLine::of);
        serde_json::to_string(&Line {
            object: &object.object,
            id: &object.id,
            account: &object.account,
            livemode: object.livemode,
            observed_at: self.version.observed_at.to_string(),
            recorded_at: self.version.recorded_at.to_string(),
            event: self.version.event_id.as_deref(),
            deleted: self.version.deleted,
            previous_at: self.previous.map(|it| it.observed_at.to_string()),
            changes: changes.collect::<Result<_, _>>()?,
            content: serde_json::from_str(&self.version.content)?,
        })
    }

    fn print(&self) -> Result<(), CommandError> {
        let version = self.version;
        let brought_by = version.event_id.as_deref().unwrap_or("fetched");
        let state = match (self.previous.map(|it| it.deleted), version.deleted) {
            (None, false) => "  first version",
            (None, true) => "  first version, deleted",
            (Some(false), true) => "  deleted",
            (Some(true), false) => "  no longer deleted",
            (Some(_), _) => "",
        };
        print(format_args!("{}  {brought_by}{state}", version.observed_at))?;
        for change in &self.changes {
            print(shortened(&change_line(change)))?;
        }
        Ok(())
    }
}

/// A changed field for people: `  balance  0 -> -500`.
fn change_line(FieldChange { path, change }: &FieldChange) -> String {
    match change {
        ValueChange::Added { new } => format!("  {path}  added {new}"),
        ValueChange::Removed { old } => format!("  {path}  removed {old}"),
        ValueChange::Reordered { old, new } => format!("  {path}  reordered {old} -> {new}"),
        ValueChange::Replaced { old, new } => format!("  {path}  {old} -> {new}"),
    }
}
