//! The client of a command that reads one account.

use super::exit::CommandError;
use crate::app::Builder;
use crate::client::{Client, ClientError};

/// The client of an own account, which requests what belongs to `account` in this mode.
pub(super) fn client_of(
    builder: &Builder,
    own_account: Option<&str>,
    account: Option<&str>,
    live: bool,
) -> Result<Client, CommandError> {
    let clients = builder.clients()?;
    let client = match own_account {
        Some(own) => clients.of(Some(own)),
        None => clients.main(),
    };
    let client = client
        .filter(|client| client.has_key(live))
        .ok_or(ClientError::NoKey {
            livemode: Some(live),
        })?;
    Ok(client.bound_to(account, live))
}
