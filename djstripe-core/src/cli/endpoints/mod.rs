//! `endpoints`: webhook endpoints with a path of their own, in the database and at Stripe.

mod tools;
mod secret_source;
mod parts;
mod destinations;
pub(super) mod at_stripe;
mod secret_storage;
mod make;
mod create;
mod list;
mod sync;
mod roll;
mod migrate;
mod switch;
mod ping;
mod delete;
mod reencrypt;
pub(super) mod problems;
mod finding;
mod doctor;

use clap::{Args, Subcommand};

use super::exit::{CommandError, ExitStatus};
use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Endpoints {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create an endpoint, here and at Stripe, for the events that the receivers need
    Create(create::Create),
    /// List the endpoints, newest first
    List(list::List),
    /// Update the events of each endpoint at Stripe to those that the receivers need now
    Sync(sync::Sync),
    /// Replace an endpoint's signing secret; both are valid until `--finish`
    Roll(roll::Roll),
    /// Move an endpoint from snapshot events to thin events, step by step
    MigrateToThin(Box<migrate::MigrateToThin>),
    /// Enable an endpoint, at Stripe and here
    Enable(switch::Switch),
    /// Disable an endpoint, at Stripe and here
    Disable(switch::Switch),
    /// Make Stripe send an event to an event destination
    Ping(ping::Ping),
    /// Delete an endpoint, at Stripe and here
    Delete(delete::Delete),
    /// Encrypt the secrets in the database with the first key of DJSTRIPE_ENCRYPTION_KEY
    ///
    /// For the rotation of that key. Exit status 1 if a secret can't be decrypted with any of the keys.
    Reencrypt(reencrypt::Reencrypt),
    /// Check the endpoints, here and at Stripe
    ///
    /// Exit status 1 if there are problems, 2 if Stripe could not be reached.
    Doctor(doctor::Doctor),
}

pub(super) async fn run(
    builder: Builder,
    endpoints: Endpoints,
) -> Result<ExitStatus, CommandError> {
    match endpoints.command {
        Command::Create(create) => create::run(builder, create).await,
        Command::List(list) => list::run(builder, list).await,
        Command::Sync(sync) => sync::run(builder, sync).await,
        Command::Roll(roll) => roll::run(builder, roll).await,
        Command::MigrateToThin(arguments) => migrate::run(builder, *arguments).await,
        Command::Enable(switch) => switch::run(builder, switch, true).await,
        Command::Disable(switch) => switch::run(builder, switch, false).await,
        Command::Ping(ping) => ping::run(builder, ping).await,
        Command::Delete(delete) => delete::run(builder, delete).await,
        Command::Reencrypt(reencrypt) => reencrypt::run(builder, reencrypt).await,
        Command::Doctor(doctor) => doctor::run(builder, doctor).await,
    }
}
