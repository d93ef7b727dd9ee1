//! `trigger`: one signed event to a running server, as Stripe would send it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::CommandError;
use crate::app::Builder;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventName;
use crate::webhook::sample;
use crate::webhook::signature::{SecretError, sign};

pub(super) struct Trigger {
    pub(super) event: String,
    pub(super) url: String,
    pub(super) data: Option<String>,
    pub(super) file: Option<PathBuf>,
}

pub(super) async fn run(builder: &Builder, trigger: &Trigger) -> Result<(), CommandError> {
    let secret = builder.first_secret().ok_or(SecretError::Missing)?;
    let body = trigger.body()?;
    let event = Event::from_json(&body)?;
    let client = crate::client::http()?.build()?;
    let answer = post(&client, &trigger.url, body, secret, SystemTime::now()).await?;
    super::list::print(format_args!(
        "{} {} {}",
        answer.status,
        event.id(),
        event.name()
    ))?;
    if answer.status == 200 {
        Ok(())
    } else {
        Err(format!("the server refused the event: {}", answer.text).into())
    }
}

impl Trigger {
    fn body(&self) -> Result<String, CommandError> {
        if let Some(file) = &self.file {
            return std::fs::read_to_string(file)
                .map_err(|error| format!("{}: {error}", file.display()).into());
        }
        let name = EventName::new(&self.event);
        if !name.is_known() {
            tracing::warn!(
                "`{name}` is not in the catalogue; only receivers of \"*\" and of unchecked(..) see it"
            );
        }
        let fields: Map<String, Value> = match &self.data {
            Some(json) => serde_json::from_str(json)
                .map_err(|error| format!("--data is no JSON object: {error}"))?,
            None => Map::new(),
        };
        let now = SystemTime::now();
        let id = format!("evt_{:x}", now.duration_since(UNIX_EPOCH)?.as_micros());
        Ok(sample::event(&id, &name, fields, now).to_string())
    }
}

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
}

/// Posts `body` with the header that Stripe would send.
pub(super) async fn post(
    client: &reqwest::Client,
    url: &str,
    body: String,
    secret: &str,
    now: SystemTime,
) -> Result<Answer, reqwest::Error> {
    let signature = sign(body.as_bytes(), secret, now);
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("stripe-signature", signature);
    let response = request.body(body).send().await?;
    Ok(Answer {
        status: response.status().as_u16(),
        text: response.text().await?,
    })
}
