//! Posts events to the server, retrying while it is unavailable, and prints the outcome of each.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::json;

use crate::cli::exit::CommandError;
use crate::cli::output::{OutputArgs, print, warn};
use crate::cli::post::post_signed;
use crate::error::describe;
use crate::timestamp::Timestamp;

/// How long to wait for the server's answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How often to retry while the server is unavailable: about half a minute, enough to build and restart
/// it.
const MAX_RETRIES: usize = 20;

/// An event to post.
pub(super) struct Outgoing<'a> {
    pub(super) url: &'a str,
    pub(super) name: &'a str,
    pub(super) id: &'a str,
    pub(super) body: String,
}

pub(super) struct Forwarder<'a> {
    secret: &'a str,
    http: reqwest::Client,
    output: OutputArgs,
    accepted: u64,
    failed: u64,
}

impl<'a> Forwarder<'a> {
    pub(super) fn new(secret: &'a str, output: OutputArgs) -> Result<Self, CommandError> {
        let http = crate::client::http()?
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            secret,
            http,
            output,
            accepted: 0,
            failed: 0,
        })
    }

    /// How many events the server accepted, and how many it did not.
    pub(super) const fn counts(&self) -> (u64, u64) {
        (self.accepted, self.failed)
    }

    pub(super) async fn forward(&mut self, event: &Outgoing<'_>) -> Result<(), CommandError> {
        let status = self.post(event).await;
        match status {
            Some(200..300) => self.accepted += 1,
            _ => self.failed += 1,
        }

        let (now, name, id) = (Timestamp::now(), event.name, event.id);
        if self.output.json {
            print(json!({ "time": now.to_string(), "status": status, "name": name, "id": id }))?;
        } else {
            let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
            print(format_args!("{now}  {status}  {name}  {id}"))?;
        }
        Ok(())
    }

    /// The status of the server's answer; `None` if it never answered.
    async fn post(&self, event: &Outgoing<'_>) -> Option<u16> {
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(MAX_RETRIES)
            .build();

        let mut has_warned = false;
        loop {
            let (url, secret) = (event.url, self.secret);
            let body = event.body.clone();
            let answer = post_signed(&self.http, url, body, secret, SystemTime::now()).await;
            let status = match answer {
                // The server is starting or stopping, or its database is unavailable.
                Ok(answer) if answer.status == 503 => Some(503),
                Ok(answer) => return Some(answer.status),
                Err(error) => {
                    if !std::mem::replace(&mut has_warned, true) {
                        let error = describe(&error.without_url());
                        warn(format_args!("{url} doesn't answer: {error}; retrying"));
                    }
                    None
                }
            };

            let Some(delay) = delays.next() else {
                return status;
            };
            tokio::time::sleep(delay).await;
        }
    }
}
