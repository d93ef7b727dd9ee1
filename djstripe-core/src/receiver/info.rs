//! The facts of one receiver, as `#[stripe_receiver]` writes them into the program.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use super::arguments::{ArgumentError, Parts};
use super::context::Context;
use super::error::ReceiverError;
use super::reply::Reply;
use crate::webhook::event_name::EventKind;

/// What a receiver's call returns: a future that runs the receiver. Its output is the answer to the
/// delivery, if the receiver is one that answers.
pub type ReceiverFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Reply>, ReceiverError>> + Send + 'a>>;

/// One function annotated with [`stripe_receiver`](crate::stripe_receiver), as the registry holds
/// it.
#[derive(Debug)]
pub struct ReceiverInfo {
    /// Key of the receiver's checkpoints. Once a receiver has succeeded for an event, no receiver
    /// with this id runs for that event again.
    pub id: &'static str,
    /// Whether the receiver is built in, and of which kind.
    pub rank: Rank,
    /// The names it listens to, with families expanded: names of the catalogue, `unchecked` names,
    /// or `"*"`.
    pub events: &'static [&'static str],
    /// Makes the arguments and runs the function.
    pub call: for<'a> fn(Parts<'a>) -> ReceiverFuture<'a>,
    /// Checks at start-up that the application provides what the arguments need.
    pub check: fn(&Context) -> Result<(), ArgumentError>,
    /// Whether an argument uses the database. Other receivers hold no connection while they run.
    pub uses_database: bool,
    /// Whether an argument is made from the event's object as the mirror has it.
    pub reads_object: bool,
    /// Whether an argument is made from the object as the snapshot event has it.
    pub takes_snapshot: bool,
    /// Whether an argument is made from what only the whole of a thin event has.
    pub reads_changes: bool,
    /// Whether an argument is made from the `data` of a thin event.
    pub reads_data: bool,
    /// Whether it answers the delivery, before the event is stored.
    pub replies: bool,
    /// Position of the attribute.
    pub location: Location,
    /// The options written in the attribute.
    pub options: ReceiverOptions,
}

impl ReceiverInfo {
    /// Whether it is one of djstripe's own receivers.
    pub fn is_built_in(&self) -> bool {
        self.rank.is_built_in()
    }

    /// Whether it listens to every event.
    pub(crate) fn listens_to_all(&self) -> bool {
        self.events.contains(&"*")
    }
}

#[cfg(test)]
impl ReceiverInfo {
    /// A receiver of an application that does nothing, for tests of code that reads these facts.
    pub(crate) const fn idle(id: &'static str, events: &'static [&'static str]) -> Self {
        Self {
            id,
            rank: Rank::Application,
            events,
            call: |_| Box::pin(async { Ok(None) }),
            check: |_| Ok(()),
            uses_database: false,
            reads_object: false,
            takes_snapshot: false,
            reads_changes: false,
            reads_data: false,
            replies: false,
            location: Location {
                file: "shop.rs",
                line: 1,
                column: 1,
            },
            options: ReceiverOptions::DEFAULT,
        }
    }
}

/// Whether a receiver is built in, and of which kind. The receivers of one event run in the order
/// of these variants, and within each by priority and location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rank {
    /// A built-in receiver of events that dj-stripe handles by name.
    Handler,
    /// The built-in receiver of every event that no [`Handler`](Self::Handler) listens to.
    CatchAll,
    /// A receiver of the application.
    Application,
}

impl Rank {
    /// Whether receivers of this rank are djstripe's own.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Handler | Self::CatchAll => true,
            Self::Application => false,
        }
    }
}

/// Position of an attribute in a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Path as `file!()` gives it.
    pub file: &'static str,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The options of the attribute, each at its default unless written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverOptions {
    /// The application's receivers of one event run by ascending priority, then by location.
    /// Default 0.
    pub priority: i32,
    /// Only events of this mode. Default: both.
    pub livemode: Option<bool>,
    /// Only events of these accounts. Default: any.
    pub account: AccountFilter,
    /// Only happenings that Stripe sent as an event of this kind. Default: either.
    pub only: Option<EventKind>,
    /// Not if it is known that none of these fields of the object changed: the event's
    /// `data.previous_attributes` names none of them, or a `*.updated` event has no
    /// `previous_attributes`. Default: always.
    pub changed: &'static [&'static str],
    /// Number of retries. Default: the application's schedule.
    pub retries: Option<u32>,
    /// Time limit of one run. Default: the application's limit.
    pub timeout: Option<Duration>,
    /// Whether a failure is retried and makes the event fail; with `false` it is only recorded.
    /// Default true.
    pub critical: bool,
    /// Whose transaction the receiver's writes and its checkpoint share. Default: djstripe's.
    pub transaction: TransactionOwner,
    /// Whether it runs only after the event's object is mirrored, or the mirror has given up. Default
    /// true.
    pub waits_for_mirror: bool,
    /// Whether `sync --receivers` calls it for each object of the types that its events carry.
    /// Default false.
    pub on_backfill: bool,
}

impl ReceiverOptions {
    /// Every option at its default.
    pub const DEFAULT: Self = Self {
        priority: 0,
        livemode: None,
        account: AccountFilter::Any,
        only: None,
        changed: &[],
        retries: None,
        timeout: None,
        critical: true,
        transaction: TransactionOwner::Djstripe,
        waits_for_mirror: true,
        on_backfill: false,
    };
}

/// The options that are not at their default, as the attribute has them.
impl fmt::Display for ReceiverOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::DEFAULT;
        let option = |name: &str, value: &dyn fmt::Display| format!("{name} = {value}");
        let fields: Vec<String> = self.changed.iter().map(|it| format!("{it:?}")).collect();

        let written = [
            (self.priority != default.priority).then(|| option("priority", &self.priority)),
            (!fields.is_empty()).then(|| format!("when(changed({}))", fields.join(", "))),
            self.livemode.map(|livemode| option("livemode", &livemode)),
            (self.account != default.account).then(|| option("account", &self.account.as_str())),
            self.only.map(|kind| option("only", &kind.as_str())),
            self.retries.map(|retries| option("retries", &retries)),
            self.timeout
                .map(|timeout| format!("timeout = \"{timeout:?}\"")),
            (!self.critical).then(|| option("critical", &false)),
            (self.transaction != default.transaction)
                .then(|| option("transaction", &self.transaction.as_str())),
            (!self.waits_for_mirror).then(|| option("mirror", &"optional")),
            self.on_backfill.then(|| option("on_backfill", &true)),
        ];
        let written: Vec<String> = written.into_iter().flatten().collect();
        formatter.write_str(&written.join(", "))
    }
}

/// Whose transaction a receiver's writes and its checkpoint share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionOwner {
    /// djstripe's: [`Db`](crate::Db).
    Djstripe,
    /// The receiver's: it runs the [`Checkpoint`](crate::Checkpoint) in a transaction of its own.
    Receiver,
    /// There is none: each write commits by itself, and the receiver may run more than once.
    Nobody,
}

impl TransactionOwner {
    /// The word of the attribute: `true`, `own` or `false`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Djstripe => "true",
            Self::Receiver => "own",
            Self::Nobody => "false",
        }
    }
}

/// The accounts whose events a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountFilter {
    /// All events.
    Any,
    /// Events of the platform's own account: `account` is absent.
    Platform,
    /// Events of connected accounts: `account` is present.
    Connected,
}

impl AccountFilter {
    /// The word of the attribute: `any`, `platform` or `connected`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Platform => "platform",
            Self::Connected => "connected",
        }
    }
}

/// What `inventory` collects: the address of a receiver's facts.
#[derive(Debug)]
pub struct Registration(pub &'static ReceiverInfo);

inventory::collect!(Registration);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_shown_as_the_attribute_has_them() {
        let default = ReceiverOptions::DEFAULT;
        assert_eq!(default.to_string(), "");

        let options = ReceiverOptions {
            priority: -1,
            livemode: Some(true),
            account: AccountFilter::Platform,
            only: Some(EventKind::Thin),
            changed: &["status", "items"],
            retries: Some(3),
            timeout: Some(Duration::from_secs(10)),
            critical: false,
            transaction: TransactionOwner::Nobody,
            waits_for_mirror: false,
            on_backfill: true,
        };
        assert_eq!(
            options.to_string(),
            r#"priority = -1, when(changed("status", "items")), livemode = true, account = platform, only = thin, retries = 3, timeout = "10s", critical = false, transaction = false, mirror = optional, on_backfill = true"#
        );
    }
}
