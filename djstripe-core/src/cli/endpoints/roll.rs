//! `endpoints roll`: another secret, without a moment in which a genuine delivery is refused.
//!
//! Stripe's API can't change the secret of an endpoint. So a second one takes its place: same address, same events, the
//! pinned version. Until `--finish` deletes the first, both deliver, each with its own secret; what comes twice is
//! stored once. A secret that was rolled in the dashboard is added with `--secret`.

use super::at_stripe::{self, Created, Keeping};
use super::{Roll, Tools, create};
use crate::cli::CommandError;
use crate::cli::list::print;
use crate::endpoint::Endpoint;
use crate::timestamp::Timestamp;

pub(super) async fn run(tools: &Tools, roll: Roll) -> Result<(), CommandError> {
    let endpoint = tools.endpoint(roll.id).await?;
    match (roll.finish, &roll.secret.secret, &endpoint.stripe_id) {
        (true, _, _) => finish(tools, &roll, endpoint).await,
        (false, Some(_), _) if roll.secret.write_secret.is_none() => add_given(tools, &roll, endpoint).await,
        (false, _, Some(stripe_id)) => {
            let stripe_id = stripe_id.clone();
            replace(tools, &roll, endpoint, stripe_id).await
        }
        (false, _, None) => {
            Err("this endpoint was made at Stripe by hand: roll its secret in the dashboard, then give it \
                                 here with `--secret`"
                .into())
        }
    }
}

/// A secret that was rolled in the dashboard.
async fn add_given(tools: &Tools, roll: &Roll, mut endpoint: Endpoint) -> Result<(), CommandError> {
    let until = Timestamp::now() + roll.overlap;
    endpoint.add_secret(roll.secret.given(tools, endpoint.id)?, Some(until));
    tools.update(&endpoint).await?;
    Ok(print(format_args!(
        "{}  new secret added; the others count until {until}",
        endpoint.id
    ))?)
}

async fn replace(
    tools: &Tools,
    roll: &Roll,
    mut endpoint: Endpoint,
    old: String,
) -> Result<(), CommandError> {
    if let Some(replaced) = &endpoint.replaced_stripe_id {
        return Err(format!(
            "{old} is taking the place of {replaced} already; end that with `--finish` first"
        )
        .into());
    }
    let client = tools.client()?;
    let mut keeping = Keeping::prepare(tools, &roll.secret, endpoint.validation)?;
    let created = match at_stripe::create(client, &endpoint, &tools.needed).await {
        Ok(created) => created,
        Err(error) => {
            keeping.discard();
            return Err(error);
        }
    };
    create::adopt(&mut endpoint, &created);
    endpoint.replaced_stripe_id = Some(old.clone());
    if let Err(error) = keep(tools, &mut keeping, &created, &mut endpoint).await {
        keeping.discard();
        return Err(create::undo(client, &endpoint, &created, error).await);
    }
    let new = &created.at_stripe.id;
    print(format_args!(
        "{}  {new} beside {old}; both deliver",
        endpoint.id
    ))?;
    Ok(print(format_args!(
        "When every server has the new secret: endpoints roll {} --finish",
        endpoint.id
    ))?)
}

async fn keep(
    tools: &Tools,
    keeping: &mut Keeping,
    created: &Created,
    endpoint: &mut Endpoint,
) -> Result<(), CommandError> {
    keeping.keep(created, endpoint)?;
    tools.update(endpoint).await
}

async fn finish(tools: &Tools, roll: &Roll, mut endpoint: Endpoint) -> Result<(), CommandError> {
    if let Some(replaced) = endpoint.replaced_stripe_id.take() {
        at_stripe::delete(tools.client()?, &endpoint, &replaced).await?;
        print(format_args!(
            "{}  {replaced} deleted at Stripe",
            endpoint.id
        ))?;
    }
    let until = Timestamp::now() + roll.overlap;
    endpoint.limit_old_secrets(until);
    tools.update(&endpoint).await?;
    Ok(print(format_args!(
        "{}  old secrets count until {until}",
        endpoint.id
    ))?)
}
