//! `trigger`: sends one signed event to a running server, as Stripe would.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::exit::{CommandError, ExitStatus};
use super::output::{OutputArgs, print};
use super::post::post_signed;
use super::settings::SigningArgs;
use super::target_url::target_url;
use crate::app::Builder;
use crate::client::is_this_machine;
use crate::error::describe;
use crate::timestamp::unix_seconds;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventName;
use crate::webhook::sample::linked::with_linked;
use crate::webhook::sample::thin::notification;
use crate::webhook::sample::{self, SAMPLES_PATH};
use crate::webhook::signature::SecretError;

#[derive(Debug, Args)]
pub(super) struct Trigger {
    /// Name of the event, such as customer.updated, or v1.customer.updated for its thin event
    #[arg(required_unless_present = "file")]
    event: Option<String>,
    /// Set the address to send it to; localhost:4242 is short for its path /stripe/webhook
    #[arg(
        long,
        default_value = "http://127.0.0.1:4242/stripe/webhook",
        value_parser = target_url,
        value_name = "URL"
    )]
    url: Url,
    /// Set fields of the event's object, as JSON: '{"email":"ann@example.com"}'
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// Send the events in this file instead of a sample: one event, a list of events, or one in each line
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    file: Option<PathBuf>,
    /// Leave the sample and what it refers to with the fake Stripe at this address, on this machine
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL")]
    api_base: Option<String>,
    #[command(flatten)]
    _signing: SigningArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, trigger: Trigger) -> Result<ExitStatus, CommandError> {
    let sample = match trigger.file {
        None => Some(trigger.sample()?),
        Some(_) => None,
    };
    let bodies = match &sample {
        None => trigger.bodies()?,
        Some(sample) => vec![trigger.body(sample)],
    };
    // All events are read before the first is sent.
    let events: Vec<Event> = bodies
        .iter()
        .map(|body| Event::from_json(body))
        .collect::<Result<_, _>>()?;

    builder.check_secrets()?;
    let secret = builder.first_secret(None).ok_or(SecretError::Missing)?;
    let client = crate::client::http()?.build()?;
    if let Some(sample) = sample {
        trigger.leave_samples(&client, sample).await;
    }
    let mut refused = Vec::new();
    for (body, event) in bodies.into_iter().zip(&events) {
        let answer = post_signed(
            &client,
            trigger.url.as_str(),
            body,
            secret,
            SystemTime::now(),
        )
        .await?;
        if trigger.output.json {
            print(json!({
                "status": answer.status,
                "id": event.id(),
                "name": event.name().as_str(),
                "answer": answer.body,
            }))?;
        } else {
            print(format_args!(
                "{} {} {}",
                answer.status,
                event.id(),
                event.name()
            ))?;
        }
        if answer.status != 200 {
            refused.push(answer.body);
        }
    }

    match &refused[..] {
        [] => Ok(ExitStatus::Success),
        [body] => Err(format!("the server refused the event: {body}").into()),
        [first, ..] => {
            let count = refused.len();
            Err(format!("the server refused {count} events, the first with: {first}").into())
        }
    }
}

impl Trigger {
    /// The events of the file, each as JSON.
    fn bodies(&self) -> Result<Vec<String>, CommandError> {
        let Some(file) = &self.file else {
            return Ok(Vec::new());
        };
        let name = file.display();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let events = events_in(&text).map_err(|error| format!("{name}: {error}"))?;
        if events.is_empty() {
            return Err(format!("{name}: the file has no event").into());
        }
        Ok(events)
    }

    /// Makes the fake Stripe know the samples: an application that fetches what an event tells of
    /// finds it. Where no fake Stripe answers, the events are sent all the same.
    async fn leave_samples(&self, client: &reqwest::Client, event: Value) {
        let Some(base) = self.api_base.as_deref().and_then(local) else {
            return;
        };
        let object = event["data"]["object"].clone();
        let id = event["id"].as_str().unwrap_or_default();
        let suffix = id.trim_start_matches("evt_").to_owned();
        let mut samples = with_linked(object, &suffix, unix_seconds(SystemTime::now()));
        samples.push(event);

        let sent = client
            .post(format!(
                "{}{SAMPLES_PATH}",
                base.as_str().trim_end_matches('/')
            ))
            .bearer_auth("sk_test_samples")
            .body(Value::Array(samples).to_string())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        if let Err(error) = sent {
            tracing::warn!(
                error = describe(&error),
                "no fake Stripe at this address knows the sample; receivers find it gone at Stripe"
            );
        }
    }

    /// What is sent of the sample: its thin event, if that was asked for by name.
    fn body(&self, sample: &Value) -> String {
        let is_thin = |name: &str| name.starts_with("v1.") || name.starts_with("v2.");
        let thin = self.event.as_deref().filter(|name| is_thin(name));
        let thin = thin.and_then(|_| notification(sample));
        thin.unwrap_or_else(|| sample.clone()).to_string()
    }

    /// A sample of the event that was asked for.
    fn sample(&self) -> Result<Value, CommandError> {
        let name = EventName::new(self.event.as_deref().unwrap_or_default());
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
        Ok(sample::event::event(&id, &name, fields, now))
    }
}

/// The address, if it is on this machine: samples are sent nowhere else.
fn local(base: &str) -> Option<Url> {
    Url::parse(base).ok().filter(is_this_machine)
}

/// A list as Stripe's API returns it.
#[derive(Deserialize)]
struct List<'t> {
    object: Option<String>,
    #[serde(borrow, default)]
    data: Vec<&'t RawValue>,
}

/// The events in the text of a file, each as it was written: values one after another, each an
/// event, an array of events or a list of Stripe's API. A byte order mark may come first.
fn events_in(text: &str) -> Result<Vec<String>, serde_json::Error> {
    let text = text.trim_start_matches('\u{feff}');
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value?.get();
        let inner = if value.starts_with('[') {
            serde_json::from_str::<Vec<&RawValue>>(value)?
        } else {
            match serde_json::from_str::<List<'_>>(value) {
                Ok(list) if list.object.as_deref() == Some("list") => list.data,
                _ => {
                    events.push(value.to_owned());
                    continue;
                }
            }
        };
        events.extend(inner.into_iter().map(|event| event.get().to_owned()));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_event_or_several() {
        let events: [(&str, &[&str]); 7] = [
            (r#"{"id":"evt_1"}"#, &[r#"{"id":"evt_1"}"#]),
            ("\u{feff}{\"id\": \"evt_1\"}\n", &["{\"id\": \"evt_1\"}"]),
            (r#"[{"a":1},{"b":2}]"#, &[r#"{"a":1}"#, r#"{"b":2}"#]),
            ("{\"a\":1}\n{\"b\":2}\r\n\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
            (r#"{"object":"list","data":[{"a":1}]}"#, &[r#"{"a":1}"#]),
            (
                r#"{"object":"event","data":{"object":{}}}"#,
                &[r#"{"object":"event","data":{"object":{}}}"#],
            ),
            ("", &[]),
        ];
        for (text, expected) in events {
            assert_eq!(events_in(text).unwrap(), expected, "{text}");
        }
        assert!(events_in("{\"a\":1} and more").is_err());
    }
}
