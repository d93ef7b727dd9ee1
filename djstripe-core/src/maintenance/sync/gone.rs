//! Objects that have a row and that Stripe no longer has.
//!
//! In: messages that say so. Out: pages with their tombstones, which are written like all other
//! pages.

use std::sync::Arc;

use djstripe_models::ModelDescriptor;

use super::item_json::Json;
use super::message::{Message, PageRows};
use super::page::{Page, PageList, Row, RowParent};
use crate::mirror::references::owned_tables;
use crate::store::{Db, RowKey, RowSource, StoreError, TableName};
use crate::timestamp::Timestamp;

/// The tombstones of the objects that are gone. One without a live row needs none.
pub(super) async fn tombstones(
    db: &mut Db<'_>,
    messages: &[&Message],
) -> Result<Vec<Message>, StoreError> {
    let mut pages = Vec::new();
    for message in messages {
        let Message::Gone {
            run,
            descriptor,
            id,
            at,
        } = message
        else {
            continue;
        };
        let Some(table) = descriptor.table.map(TableName::new) else {
            continue;
        };
        let key = RowKey {
            table,
            account: &run.key.account,
            livemode: run.key.livemode,
            id,
        };
        let stored = db.stored_object(key).await?;
        if let Some(stored) = stored.filter(|stored| !stored.is_deleted) {
            pages.push(Message::Page(Box::new(PageRows {
                run: Arc::clone(run),
                page: Page::tombstone(descriptor, table, id, stored.stripe_data, *at),
                range: None,
                is_check: false,
                is_empty_range: false,
            })));
        }
    }
    Ok(pages)
}

impl Page {
    /// An object that Stripe no longer has, as a page of one row that holds what is known of it. Its
    /// children end with it.
    pub(super) fn tombstone(
        of: &'static ModelDescriptor,
        table: TableName,
        id: &str,
        json: String,
        at: Timestamp,
    ) -> Self {
        let parent = RowParent {
            object: of.object,
            id: id.to_owned(),
        };
        let list = |table| PageList {
            table,
            parent: parent.clone(),
            ids: Vec::new(),
        };

        let mut page = Self::empty(at);
        page.lists.extend(owned_tables(of).map(list));
        page.rows.push(Row {
            object: of.object,
            table,
            id: id.to_owned(),
            deleted: true,
            source: RowSource::Fetched,
            parent: None,
            incomplete: Vec::new(),
            json: Json::Without(json),
        });
        page
    }
}
