//! The lists that `listen` polls, and where their events go.

use std::time::Duration;

use super::forwarder::{Forwarder, Outgoing};
use super::position::Position;
use super::thin_position::{ThinPosition, id};
use super::wanted::{Wanted, WantedThin};
use crate::cli::exit::CommandError;
use crate::cli::output::warn;
use crate::client::thin_list::notification_of;
use crate::client::{Client, ClientError, Request};
use crate::error::describe;
use crate::webhook::event::Event;

/// Whose events are posted, and where to.
pub(super) struct Target<'a> {
    /// The account that is written into the events; empty for the platform's own.
    pub(super) account: &'a str,
    pub(super) url: &'a str,
    pub(super) thin_url: &'a str,
}

/// The lists, each at its position.
pub(super) struct Sources<'a> {
    client: &'a Client,
    target: Target<'a>,
    /// Names of the snapshot events; `None` for all.
    names: Option<Vec<String>>,
    snapshot: Option<Position>,
    thin: Option<ThinPosition>,
    /// Whether an option asks for thin events.
    names_thin: bool,
}

impl<'a> Sources<'a> {
    /// The lists that have what is wanted, each after its newest event.
    pub(super) async fn open(
        target: Target<'a>,
        client: &'a Client,
        wanted: Wanted,
    ) -> Result<Self, CommandError> {
        let snapshot = match wanted.is_thin_alone() {
            true => None,
            false => Some(Position::newest(client).await?),
        };
        let mut sources = Self {
            client,
            target,
            names: wanted.snapshot,
            snapshot,
            thin: None,
            names_thin: wanted.thin != WantedThin::Unreplaced,
        };

        if wanted.thin != WantedThin::Only(Vec::new()) {
            match ThinPosition::newest(client, wanted.thin).await {
                Ok(position) => sources.thin = Some(position),
                Err(error) => sources.thin_refused(error)?,
            }
        }
        Ok(sources)
    }

    /// Posts new events as they appear, until that fails.
    pub(super) async fn forward(
        &mut self,
        interval: Duration,
        forwarder: &mut Forwarder<'_>,
    ) -> Result<(), CommandError> {
        loop {
            self.forward_snapshot(forwarder).await?;
            self.forward_thin(forwarder).await?;
            tokio::time::sleep(interval).await;
        }
    }

    /// Posts the new snapshot events.
    async fn forward_snapshot(
        &mut self,
        forwarder: &mut Forwarder<'_>,
    ) -> Result<(), CommandError> {
        let Some(position) = &mut self.snapshot else {
            return Ok(());
        };
        let mut list = Request::list("event").map_err(ClientError::from)?;
        if let Some(names) = &self.names {
            list = list.param("types", names.clone());
        }
        let events = match position
            .next_events(self.client, list, self.target.account)
            .await
        {
            Err(error) if error.is_transient() => {
                warn_transient(&error);
                return Ok(());
            }
            events => events?,
        };
        for event in events {
            let outgoing = Outgoing {
                url: self.target.url,
                name: event.name().as_str(),
                id: event.id(),
                body: event.json().to_owned(),
            };
            forwarder.forward(&outgoing).await?;
        }
        Ok(())
    }

    /// Posts the notifications of the new thin events.
    async fn forward_thin(&mut self, forwarder: &mut Forwarder<'_>) -> Result<(), CommandError> {
        let Some(position) = &mut self.thin else {
            return Ok(());
        };
        let events = match position.next_events(self.client, self.target.account).await {
            Ok(events) => events,
            Err(error) if error.is_transient() => {
                warn_transient(&error);
                return Ok(());
            }
            Err(error) => return self.thin_refused(error),
        };
        for event in events {
            let outgoing = Outgoing {
                url: self.target.thin_url,
                name: name(&event),
                id: id(&event),
                body: notification_of(event.json())?,
            };
            forwarder.forward(&outgoing).await?;
        }
        Ok(())
    }

    /// A key that may not read thin events is an error if they were asked for. Otherwise snapshot
    /// events are forwarded alone, and a warning says so.
    fn thin_refused(&mut self, error: ClientError) -> Result<(), CommandError> {
        if self.names_thin || error.is_transient() {
            return Err(error.into());
        }
        self.thin = None;
        warn(format_args!(
            "thin events are not forwarded: {}; allow the key to read events of API v2, or name the \
             events in --events",
            describe(&error)
        ));
        Ok(())
    }
}

fn warn_transient(error: &ClientError) {
    warn(format_args!("{}; polling again", describe(error)));
}

/// The name of a thin event as Stripe writes it.
fn name(event: &Event) -> &str {
    event.name().thin_name().unwrap_or(event.name().as_str())
}
