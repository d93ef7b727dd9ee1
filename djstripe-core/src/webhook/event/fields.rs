//! The fields of an event, read leniently.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::webhook::lenient::{Lenient, Scalar};

#[derive(Deserialize)]
#[serde(expecting = "an event")]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) object: Option<Scalar<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) name: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) account: Option<Scalar<'a>>,
    /// The account, before API version 2017-05-25.
    #[serde(borrow)]
    pub(super) user_id: Option<Scalar<'a>>,
    /// The account, in a thin event: its id, or a path of accounts that ends with it.
    #[serde(borrow)]
    pub(super) context: Option<Scalar<'a>>,
    /// The snapshot event of the same happening, in a thin event.
    #[serde(borrow)]
    pub(super) snapshot_event: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) api_version: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) created: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) livemode: Option<Scalar<'a>>,
    /// An object; before API version 2017-05-25, the bare request id.
    #[serde(borrow)]
    pub(super) request: Option<Lenient<'a, Request<'a>>>,
    #[serde(borrow)]
    pub(super) data: Option<Lenient<'a, Data<'a>>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) idempotency_key: Option<Scalar<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    pub(super) object: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) previous_attributes: Option<&'a RawValue>,
}

/// The range of `raw` within `text`; `None` for a JSON `null`.
pub(super) fn position(text: &str, raw: &RawValue) -> Option<Range<usize>> {
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    (raw.get() != "null").then(|| start..start + raw.get().len())
}

/// The last account of a context: `acct_2` of `org_1/acct_1/acct_2`.
pub(super) fn account_of_context(context: &str) -> Option<Box<str>> {
    let mut accounts = context.rsplit('/');
    accounts.find(|id| id.starts_with("acct_")).map(Box::from)
}
