//! `trigger`: sends one signed event to a running server, as Stripe would.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::{Map, Value};

use super::exit::{CommandError, ExitStatus};
use super::output::print;
use super::post::post_signed;
use super::settings::SigningArgs;
use crate::app::Builder;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventName;
use crate::webhook::sample;
use crate::webhook::signature::SecretError;

#[derive(Debug, Args)]
pub(super) struct Trigger {
    /// Name of the event, such as customer.updated
    event: String,
    /// Set the address to send it to
    #[arg(
        long,
        default_value = "http://127.0.0.1:4242/stripe/webhook",
        value_name = "URL"
    )]
    url: String,
    /// Set fields of the event's object, as JSON: '{"email":"ann@example.com"}'
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// Send the whole event in this file instead of a sample
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    file: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(super) async fn run(builder: Builder, trigger: Trigger) -> Result<ExitStatus, CommandError> {
    let body = trigger.body()?;
    let event = Event::from_json(&body)?;

    let builder = trigger.signing.apply(builder);
    builder.check_secrets()?;
    let secret = builder.first_secret(None).ok_or(SecretError::Missing)?;
    let client = crate::client::http()?.build()?;
    let answer = post_signed(&client, &trigger.url, body, secret, SystemTime::now()).await?;

    print(format_args!(
        "{} {} {}",
        answer.status,
        event.id(),
        event.name()
    ))?;
    if answer.status == 200 {
        Ok(ExitStatus::Success)
    } else {
        Err(format!("the server refused the event: {}", answer.body).into())
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
                "`{name}` is not in the catalogue; only receivers of \"*\" and of unchecked(..) run"
            );
        }
        let fields: Map<String, Value> = match &self.data {
            Some(json) => serde_json::from_str(json)
                .map_err(|error| format!("--data is not a JSON object: {error}"))?,
            None => Map::new(),
        };

        let now = SystemTime::now();
        let id = format!("evt_{:x}", now.duration_since(UNIX_EPOCH)?.as_micros());
        Ok(sample::event(&id, &name, fields, now).to_string())
    }
}
