//! `endpoints doctor` and `endpoints sync`: what is wrong, and making Stripe's side right.

use std::time::SystemTime;

use uuid::Uuid;

use super::{MOST, Tools, at_stripe};
use crate::cli::CommandError;
use crate::cli::list::print;
use crate::client::Client;
use crate::endpoint::{AtStripe, Endpoint, ValidationMethod, differences};
use crate::error::describe;

pub(super) async fn run(tools: &Tools) -> Result<(), CommandError> {
    let endpoints = tools.store.endpoints(MOST).await?;
    let mut faults = 0;
    for endpoint in &endpoints {
        let found = faults_of(tools, endpoint).await;
        if found.is_empty() {
            print(format_args!("{}  fine", endpoint.id))?;
        }
        for fault in &found {
            print(format_args!("{}  {fault}", endpoint.id))?;
        }
        faults += found.len();
    }
    match &tools.client {
        Some(client) => {
            for Stranger {
                id,
                at_stripe,
                is_left_over,
            } in strangers(client, &endpoints).await?
            {
                if is_left_over {
                    faults += 1;
                    print(format_args!(
                        "{id}  {} at Stripe is left over and its secret lost; delete it",
                        at_stripe.id
                    ))?;
                } else {
                    print(format_args!(
                        "note: {} at Stripe, {}, is of another database",
                        at_stripe.id, at_stripe.url
                    ))?;
                }
            }
        }
        None => print(format_args!(
            "no secret key: nothing was compared with Stripe"
        ))?,
    }
    if faults == 0 {
        Ok(())
    } else {
        Err(format!("{faults} found").into())
    }
}

/// What is wrong with an endpoint, here and at Stripe.
pub(super) async fn faults_of(tools: &Tools, endpoint: &Endpoint) -> Vec<String> {
    let mut found = here(tools, endpoint);
    if let (Some(client), Some(stripe_id)) = (&tools.client, &endpoint.stripe_id) {
        found.extend(there(tools, client, endpoint, stripe_id).await);
    }
    found
}

/// What is wrong here.
fn here(tools: &Tools, endpoint: &Endpoint) -> Vec<String> {
    let mut found = Vec::new();
    match endpoint.validation {
        ValidationMethod::VerifySignature => {
            if let Err(error) = endpoint.open_secrets(tools.key.as_ref(), SystemTime::now()) {
                found.push(describe(&error));
            }
        }
        ValidationMethod::RetrieveEvent if tools.client.is_none() => {
            found.push("it fetches events from Stripe, but there is no secret key".to_owned());
        }
        ValidationMethod::RetrieveEvent => {}
        ValidationMethod::None => {
            found.push("it checks nothing: whoever knows its address can forge events".to_owned());
        }
    }
    if let Some(replaced) = &endpoint.replaced_stripe_id {
        found.push(format!(
            "its secret is being rolled; end that with `endpoints roll {} --finish`, which deletes {replaced}",
            endpoint.id
        ));
    }
    found
}

/// What is wrong at Stripe.
async fn there(
    tools: &Tools,
    client: &Client,
    endpoint: &Endpoint,
    stripe_id: &str,
) -> Vec<String> {
    match at_stripe::fetch(client, endpoint, stripe_id).await {
        Ok(Some(at_stripe)) => differences(endpoint, &at_stripe, &tools.needed)
            .iter()
            .map(ToString::to_string)
            .collect(),
        Ok(None) => vec![gone(stripe_id)],
        Err(error) => vec![format!(
            "{stripe_id} can't be looked up: {}",
            describe(error.as_ref())
        )],
    }
}

fn gone(stripe_id: &str) -> String {
    format!("{stripe_id} is gone at Stripe; `endpoints roll` makes another")
}

/// An endpoint at Stripe that djstripe made and that is not known here.
pub(super) struct Stranger {
    /// The endpoint of ours, or of another database, that it says to be of.
    id: String,
    pub(super) at_stripe: AtStripe,
    /// It names an endpoint of ours: it is left over from a command that was cut off.
    pub(super) is_left_over: bool,
}

async fn strangers(client: &Client, endpoints: &[Endpoint]) -> Result<Vec<Stranger>, CommandError> {
    let mut strangers = Vec::new();
    for livemode in [false, true] {
        if client.has_key(livemode) {
            strangers.extend(strangers_among(
                at_stripe::list(client, livemode).await?,
                endpoints,
            ));
        }
    }
    Ok(strangers)
}

/// Those of Stripe's endpoints that djstripe made and that are not known here.
pub(super) fn strangers_among(all: Vec<AtStripe>, endpoints: &[Endpoint]) -> Vec<Stranger> {
    let known = |at_stripe: &AtStripe| {
        let ids = endpoints
            .iter()
            .flat_map(|endpoint| [&endpoint.stripe_id, &endpoint.replaced_stripe_id]);
        ids.flatten().any(|id| *id == at_stripe.id)
    };
    let stranger = |at_stripe: AtStripe| {
        let id = at_stripe.metadata.get(AtStripe::METADATA_KEY)?.clone();
        let is_left_over = endpoints
            .iter()
            .any(|endpoint| endpoint.id.to_string() == id);
        Some(Stranger {
            id,
            at_stripe,
            is_left_over,
        })
    };
    all.into_iter()
        .filter(|at_stripe| !known(at_stripe))
        .filter_map(stranger)
        .collect()
}

pub(super) async fn sync(tools: &Tools, ids: &[Uuid], dry_run: bool) -> Result<(), CommandError> {
    let client = tools.client()?;
    let endpoints = match ids {
        [] => tools.store.endpoints(MOST).await?,
        ids => {
            let mut endpoints = Vec::with_capacity(ids.len());
            for id in ids {
                endpoints.push(tools.endpoint(*id).await?);
            }
            endpoints
        }
    };
    let mut left = 0;
    for endpoint in endpoints {
        left += sync_one(tools, client, endpoint, dry_run).await?;
    }
    if left == 0 {
        Ok(())
    } else {
        Err(format!("{left} left to do by hand").into())
    }
}

/// Returns how much can't be synced.
async fn sync_one(
    tools: &Tools,
    client: &Client,
    mut endpoint: Endpoint,
    dry_run: bool,
) -> Result<usize, CommandError> {
    let id = endpoint.id;
    let Some(stripe_id) = endpoint.stripe_id.clone() else {
        print(format_args!("{id}  made at Stripe by hand, left as it is"))?;
        return Ok(0);
    };
    let Some(found) = at_stripe::fetch(client, &endpoint, &stripe_id).await? else {
        print(format_args!("{id}  {}", gone(&stripe_id)))?;
        return Ok(1);
    };
    let differences = differences(&endpoint, &found, &tools.needed);
    for difference in &differences {
        print(format_args!("{id}  {difference}"))?;
    }
    let can_be_synced = differences
        .iter()
        .any(|difference| difference.can_be_synced());
    let left = differences
        .iter()
        .filter(|difference| !difference.can_be_synced())
        .count();
    if dry_run {
        if differences.is_empty() {
            print(format_args!("{id}  {stripe_id} in sync"))?;
        }
        return Ok(left);
    }
    let now = match can_be_synced {
        true => at_stripe::update(client, &endpoint, &stripe_id, &tools.needed).await?,
        false => found,
    };
    if endpoint.events != now.enabled_events || endpoint.api_version != now.api_version {
        endpoint.events = now.enabled_events;
        endpoint.api_version = now.api_version;
        tools.update(&endpoint).await?;
    }
    print(format_args!(
        "{id}  {stripe_id} {}",
        if can_be_synced { "changed" } else { "in sync" }
    ))?;
    Ok(left)
}
