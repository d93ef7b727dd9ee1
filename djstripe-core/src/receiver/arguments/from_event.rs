//! The trait of all arguments, and the parts that they are made from.

use super::error::ArgumentError;
use crate::receiver::context::Context;
use crate::receiver::current_object::CurrentObject;
use crate::receiver::writes::Writes;
use crate::store::{CheckpointStatement, Db};
use crate::webhook::event::Event;

/// What the arguments of one run are made from.
#[derive(Debug)]
pub struct Parts<'a> {
    event: &'a Event,
    context: &'a Context,
    db: Option<Db<'a>>,
    writes: Option<&'a Writes>,
    object: Option<&'a CurrentObject>,
    checkpoint: Option<CheckpointStatement>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(event: &'a Event, context: &'a Context, db: Option<Db<'a>>) -> Self {
        Self {
            event,
            context,
            db,
            writes: None,
            object: None,
            checkpoint: None,
        }
    }

    /// The parts of a run in a test of an application's own argument, without a database.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use djstripe_core::{Context, Event, FromEvent, Livemode, Parts, State};
    ///
    /// let json = r#"{"id":"evt_1","type":"invoice.paid","livemode":false,"data":{"object":{}}}"#;
    /// let event = Event::from_json(json)?;
    /// let mut context = Context::default();
    /// context.insert("shop".to_owned());
    ///
    /// let mut parts = Parts::for_test(&event, &context);
    /// let name = State::<String>::from_event(&mut parts)?;
    /// assert_eq!(*name, "shop");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn for_test(event: &'a Event, context: &'a Context) -> Self {
        Self::new(event, context, None)
    }

    /// Adds the list that gathers the mirror's writes.
    pub(crate) fn with_writes(self, writes: &'a Writes) -> Self {
        Self {
            writes: Some(writes),
            ..self
        }
    }

    /// The list that gathers the mirror's writes; `None` while the receiver holds a database
    /// connection, because a request to Stripe must not keep a connection waiting.
    pub(crate) fn writes(&self) -> Option<&'a Writes> {
        self.writes.filter(|_| self.db.is_none())
    }

    /// Adds the event's object as the mirror has it.
    pub(crate) fn with_object(self, object: Option<&'a CurrentObject>) -> Self {
        Self { object, ..self }
    }

    /// Adds the statement that records the receiver's success.
    pub(crate) fn with_checkpoint(self, checkpoint: CheckpointStatement) -> Self {
        Self {
            checkpoint: Some(checkpoint),
            ..self
        }
    }

    /// The statement that records the receiver's success. The first call takes it.
    pub(crate) fn take_checkpoint(&mut self) -> Option<CheckpointStatement> {
        self.checkpoint.take()
    }

    /// The event's object as the mirror has it, if it was read for this run.
    pub(crate) fn object(&self) -> Option<&'a CurrentObject> {
        self.object
    }

    /// The event.
    pub fn event(&self) -> &'a Event {
        self.event
    }

    /// The application's shared values.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The receiver's database connection. The first call takes it; later calls return `None`.
    pub fn take_db(&mut self) -> Option<Db<'a>> {
        self.db.take()
    }
}

/// A type that can be an argument of a receiver.
///
/// ```
/// use djstripe_core::{AnyObject, ArgumentError, FromEvent, Parts, stripe_receiver};
///
/// struct Tenant(String);
///
/// impl<'a> FromEvent<'a> for Tenant {
///     type Payload = AnyObject;
///
///     fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
///         Ok(Self(parts.event().account().unwrap_or("platform").to_owned()))
///     }
/// }
///
/// #[stripe_receiver("customer.created")]
/// fn greet(tenant: Tenant) {
///     println!("a customer of {}", tenant.0);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a receiver",
    label = "cannot be made from an event",
    note = "take `Event`, `EventName`, `CrudType`, `Object<T>`, `Snapshot<T>`, `Previous<T>`, `EventData<T>`, a family such as `CustomerEvent`, `Account`, `Livemode`, `Client`, djstripe_core's `State<S>`, `Checkpoint` or `Db<'_>`",
    note = "or implement `FromEvent` for your own type"
)]
pub trait FromEvent<'a>: Sized {
    /// The object that an event must carry for this argument: a model, or
    /// [`AnyObject`](super::AnyObject) if any event will do.
    type Payload;

    /// Whether the argument is made from the receiver's database connection. At most one argument of
    /// a receiver can be.
    const USES_DATABASE: bool = false;

    /// Whether the argument is made from an [`Object`](crate::Object): the object as the mirror has
    /// it. Without it, an `Object` that this argument makes is the event's payload.
    const READS_OBJECT: bool = false;

    /// Whether the argument is made from a [`Snapshot`](crate::Snapshot): the object as the snapshot
    /// event has it, which is fetched if only a thin event has arrived.
    const TAKES_SNAPSHOT: bool = false;

    /// Whether the argument is made from a [`Previous`](crate::Previous) or from other fields that the
    /// notification of a thin event lacks. They are fetched then.
    const READS_CHANGES: bool = false;

    /// Whether the argument is made from an [`EventData`](crate::EventData), which only a thin event
    /// has.
    const READS_DATA: bool = false;

    /// Whether the argument is made from a [`Checkpoint`](crate::Checkpoint).
    const TAKES_CHECKPOINT: bool = false;

    /// Makes the argument.
    ///
    /// # Errors
    /// [`ArgumentError`] fails this receiver alone; the event stays stored and other receivers run.
    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError>;

    /// Checks at start-up that the application provides what this argument needs.
    ///
    /// # Errors
    /// [`ArgumentError::MissingState`] and the like; the application then refuses to start.
    fn check(_context: &Context) -> Result<(), ArgumentError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The types that `impl … FromEvent<'a> for …` names below a folder.
    fn implementors(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                implementors(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| line.starts_with("impl"));
                let types = lines.filter_map(|line| line.split_once(" FromEvent<'a> for "));
                found.extend(types.map(|(_, ty)| ty.trim_end_matches([' ', '{']).to_owned()));
            }
        }
    }

    #[test]
    fn the_note_lists_every_kind_of_argument() {
        let source = include_str!("from_event.rs");
        let (_, note) = source.split_once("note = \"take ").unwrap();
        let (note, _) = note.split_once("\",").unwrap();

        let mut types = Vec::new();
        implementors(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut types,
        );
        assert!(types.len() >= 11, "{types:?}");
        for ty in types {
            let word = ty.trim_start_matches("&'a ").trim_start_matches("Option<");
            let word = word.split(['<', '>']).next().unwrap();
            // The mirror's own argument is for the built-in receivers.
            assert!(
                word == "Mirror" || note.contains(word),
                "`{ty}` is not in: {note}"
            );
        }
    }
}
