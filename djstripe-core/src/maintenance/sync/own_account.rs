//! The account of a key.
//!
//! In: a key. Out: that Stripe accepts it, the account that it belongs to, and Stripe's time.

use crate::client::{Client, ClientError, Method, Priority, Request};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// What a key says about its account. Nothing, if the key is restricted and may not read it.
#[derive(Default)]
pub(super) struct OwnAccount {
    /// The account that the key belongs to.
    pub(super) id: Option<String>,
    /// The time of Stripe's clock.
    pub(super) date: Option<Timestamp>,
}

/// Checks that the key is valid, and reads its account.
pub(super) async fn own_account(client: &Client) -> Result<OwnAccount, ClientError> {
    let request = Request::new(Method::Get, "/v1/account").priority(Priority::Backfill);

    match client.send(&request).await {
        Ok(answer) => Ok(OwnAccount {
            id: RawHead::parse_id(answer.json()).ok(),
            date: answer.date(),
        }),
        // A restricted key may be able to read other objects.
        Err(error)
            if error.api().is_some_and(|error| error.status != 401) && !error.is_transient() =>
        {
            Ok(OwnAccount::default())
        }
        Err(error) => Err(error),
    }
}
