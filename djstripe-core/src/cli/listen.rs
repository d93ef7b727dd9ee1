//! `listen`: events of Stripe's list, signed anew and posted to a server on this machine, until interrupted. For
//! development without a public address.
//!
//! Nothing is stored. Each event is posted once it is listed, the oldest first; one that shows up late is posted late.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use clap::Args;
use reqwest::Url;
use serde_json::json;

use super::list::print;
use super::serve::interrupted;
use super::trigger::post;
use super::{CommandError, Ending, Misuse, Output};
use crate::app::Builder;
use crate::client::event_list::{EventList, Start, as_delivered};
use crate::client::{Client, ClientError, Request};
use crate::error::describe;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;
use crate::webhook::mode_name;

/// How late an event may show up in Stripe's list, in seconds.
const LATE: i64 = 60;

/// Names of events that Stripe takes in one request at most.
const MOST_NAMES: usize = 20;

/// Longest wait for the server's answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Tries while the server is away: for about half a minute, long enough for it to be built and started again.
const TRIES: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Listen {
    /// Where to post events
    #[arg(
        long,
        default_value = "http://127.0.0.1:4242/stripe/webhook",
        value_name = "URL"
    )]
    forward_to: Url,
    /// Only events of these names, separated by commas: invoice.paid,customer.* [default: all]
    #[arg(long, value_delimiter = ',', value_name = "EVENTS")]
    events: Vec<String>,
    /// How often to ask Stripe
    #[arg(long, value_parser = humantime::parse_duration, default_value = "2s", value_name = "INTERVAL")]
    interval: Duration,
    /// Events of this connected account instead of the platform's own
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Events of live mode instead of test mode
    #[arg(long)]
    live: bool,
    /// Also post to another machine
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(builder: &Builder, listen: &Listen) -> Result<Ending, CommandError> {
    let secret = builder.first_secret().ok_or_else(|| {
        Misuse(
            "listen signs what it posts: give it the secret that the server has, `STRIPE_WEBHOOK_SECRET`; any text does, \
             such as whsec_local, as long as both have the same"
                .to_owned(),
        )
    })?;
    listen.check()?;
    let no_key = || ClientError::NoKey {
        livemode: Some(listen.live),
    };
    let client = builder
        .client()?
        .filter(|client| client.has_key(listen.live))
        .ok_or_else(no_key)?;
    let client = client.bound_to(listen.account.as_deref(), listen.live);
    let mut place = Place::now(&client).await?;
    let mut forwarder = Forwarder::new(listen, secret)?;
    if !listen.output.json {
        let mode = mode_name(listen.live);
        print(format_args!(
            "events of {mode} mode from now on go to {}; Ctrl-C ends this",
            listen.forward_to
        ))?;
    }
    let forwarding = async {
        loop {
            match place.new_events(&client, listen).await {
                Ok(events) => {
                    for event in events {
                        forwarder.forward(&event).await?;
                    }
                }
                Err(error) if error.is_transient() => {
                    super::warn(&format!(
                        "{}; asking again in {:?}",
                        describe(&error),
                        listen.interval
                    ));
                }
                Err(error) => return Err::<(), CommandError>(error.into()),
            }
            tokio::time::sleep(listen.interval).await;
        }
    };
    tokio::select! {
        ended = forwarding => ended?,
        signal = interrupted() => signal?,
    }
    let Forwarder {
        accepted, failed, ..
    } = forwarder;
    if !listen.output.json {
        print(format_args!("{accepted} forwarded, {failed} not accepted"))?;
    }
    Ok(if failed == 0 {
        Ending::Done
    } else {
        Ending::Found
    })
}

impl Listen {
    fn check(&self) -> Result<(), Misuse> {
        if !["http", "https"].contains(&self.forward_to.scheme()) {
            return Err(Misuse(format!(
                "{} is no address of a web server",
                self.forward_to
            )));
        }
        if !self.allow_remote && !is_this_machine(&self.forward_to) {
            let to = &self.forward_to;
            return Err(Misuse(format!(
                "{to} is not on this machine; `--allow-remote` posts there all the same"
            )));
        }
        if self.events.len() > MOST_NAMES {
            return Err(Misuse(format!(
                "Stripe takes {MOST_NAMES} names at most; leave --events out for all"
            )));
        }
        Ok(())
    }

    fn list(&self) -> Result<Request, ClientError> {
        let list = Request::list("event")?;
        Ok(if self.events.is_empty() {
            list
        } else {
            list.param("types", self.events.clone())
        })
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Where the list was read to.
struct Place {
    start: Start,
    /// Events behind that which were forwarded, with their times, in the order of the list.
    seen: Vec<(i64, String)>,
}

impl Place {
    /// Behind the newest event that there is.
    async fn now(client: &Client) -> Result<Self, ClientError> {
        let page = client
            .page(&Request::list("event")?.param("limit", 1))
            .await?;
        let newest = page
            .items
            .first()
            .and_then(|item| as_delivered(item.get(), "").ok());
        let start = newest.map_or(Start::Since(0), |event| Start::After(event.id().to_owned()));
        Ok(Self {
            start,
            seen: Vec::new(),
        })
    }

    /// Events that are new since the last time, the oldest first.
    async fn new_events(
        &mut self,
        client: &Client,
        listen: &Listen,
    ) -> Result<Vec<Event>, ClientError> {
        let account = listen.account.as_deref().unwrap_or_default();
        let mut events = match EventList::begin(client, listen.list()?, &self.start).await {
            Err(error) if error.is_gone() && matches!(self.start, Start::After(_)) => {
                // Somebody deleted the test data; what comes is new.
                *self = Self::now(client).await?;
                return Ok(Vec::new());
            }
            events => events?,
        };
        let mut new = Vec::new();
        while let Some(page) = events.next().await? {
            for item in page.items.iter().rev() {
                match as_delivered(item.get(), account) {
                    Ok(event) if self.seen.iter().any(|(_, id)| id == event.id()) => {}
                    Ok(event) => new.push(event),
                    Err(error) => super::warn(&format!(
                        "Stripe lists something that is no event: {}",
                        describe(&error)
                    )),
                }
            }
        }
        self.seen.extend(
            new.iter()
                .map(|event| (event.created(), event.id().to_owned())),
        );
        self.settle();
        Ok(new)
    }

    /// Moves behind what nothing can show up before any more.
    fn settle(&mut self) {
        let Some(newest) = self.seen.iter().map(|(created, _)| *created).max() else {
            return;
        };
        let settled = self
            .seen
            .iter()
            .filter(|(created, _)| *created < newest - LATE)
            .max_by_key(|(created, _)| *created);
        if let Some((created, id)) = settled.cloned() {
            self.start = Start::After(id);
            self.seen.retain(|(other, _)| *other >= created);
        }
    }
}

/// Posts events and tells of each.
struct Forwarder<'a> {
    listen: &'a Listen,
    secret: &'a str,
    http: reqwest::Client,
    accepted: u64,
    failed: u64,
}

impl<'a> Forwarder<'a> {
    fn new(listen: &'a Listen, secret: &'a str) -> Result<Self, CommandError> {
        let http = crate::client::http()?
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            listen,
            secret,
            http,
            accepted: 0,
            failed: 0,
        })
    }

    async fn forward(&mut self, event: &Event) -> Result<(), CommandError> {
        let status = self.post(event).await;
        match status {
            Some(200..300) => self.accepted += 1,
            _ => self.failed += 1,
        }
        let (now, name, id) = (Timestamp::now(), event.name(), event.id());
        if self.listen.output.json {
            let name = name.as_str();
            print(format_args!(
                "{}",
                json!({ "time": now.to_string(), "status": status, "name": name, "id": id })
            ))?;
        } else {
            let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
            print(format_args!("{now}  {status}  {name}  {id}"))?;
        }
        Ok(())
    }

    /// The status that the server answers with; `None` if it stays away.
    async fn post(&self, event: &Event) -> Option<u16> {
        let delays = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(TRIES);
        let mut delays = delays.build();
        let mut told = false;
        loop {
            let url = self.listen.forward_to.as_str();
            let answer = post(
                &self.http,
                url,
                event.json().to_owned(),
                self.secret,
                SystemTime::now(),
            )
            .await;
            let away = match answer {
                // Starting, stopping, or its database is away.
                Ok(answer) if answer.status == 503 => Some(503),
                Ok(answer) => return Some(answer.status),
                Err(error) => {
                    if !std::mem::replace(&mut told, true) {
                        super::warn(&format!(
                            "{url} doesn't answer: {}; trying again",
                            describe(&error.without_url())
                        ));
                    }
                    None
                }
            };
            let Some(delay) = delays.next() else {
                return away;
            };
            tokio::time::sleep(delay).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_posted_to_unasked() {
        let check = |url: &str, expected: bool| {
            assert_eq!(is_this_machine(&url.parse().unwrap()), expected, "{url}")
        };
        check("http://127.0.0.1:4242/stripe/webhook", true);
        check("http://127.9.9.9/", true);
        check("http://localhost:3000/hook", true);
        check("http://[::1]:3000/hook", true);
        check("https://example.com/hook", false);
        check("http://localhost.example.com/", false);
        check("http://10.0.0.1/", false);
        check("http://0.0.0.0:4242/", false);
    }

    #[test]
    fn the_place_moves_behind_what_is_a_minute_older_than_the_newest() {
        let check = |seen: &[(i64, &str)], start: Start, left: usize| {
            let seen = seen
                .iter()
                .map(|(created, id)| (*created, (*id).to_owned()))
                .collect();
            let mut place = Place {
                start: Start::Since(0),
                seen,
            };
            place.settle();
            assert_eq!((place.start, place.seen.len()), (start, left));
        };
        let after = |id: &str| Start::After(id.to_owned());
        check(&[], Start::Since(0), 0);
        check(&[(100, "a"), (160, "b")], Start::Since(0), 2);
        check(&[(100, "a"), (161, "b")], after("a"), 2);
        check(
            &[(50, "a"), (100, "b"), (100, "c"), (165, "d")],
            after("c"),
            3,
        );
        // One that came late stands at its time.
        check(&[(100, "a"), (165, "b"), (90, "c")], after("a"), 2);
    }
}
