//! The mirrored objects that name a customer.

use diesel::sql_types::Text;
use djstripe_models::{ColumnKind, DESCRIPTORS};

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;

/// The column that names the customer, wherever there is one.
const COLUMN: &str = "customer";

/// How many objects are taken into account, of one type and of all. Those come first that were
/// observed last.
const OF_TYPE: u32 = 200;
const OF_ALL: u32 = 1_000;

impl Store {
    /// The ids of the customer and of the objects that name it.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(in crate::store) async fn objects_of_customer(
        &self,
        customer: &str,
    ) -> Result<Vec<String>, StoreError> {
        let tables = self.mirror_tables().await?;
        let naming = DESCRIPTORS.iter().filter(|descriptor| {
            let mut columns = descriptor.columns.iter();
            columns.any(|it| it.name == COLUMN && it.kind == ColumnKind::Id && it.indexed)
        });
        let naming = naming.filter_map(|descriptor| descriptor.table);

        let mut select = Statement::<Text>::new("SELECT id FROM (");
        for (number, table) in naming.filter(|table| tables.contains(table)).enumerate() {
            let union = if number == 0 { "" } else { " UNION ALL " };
            let table = TableName::new(table);
            select = select
                .sql(&format!(
                    "{union}SELECT * FROM (SELECT id, observed_at FROM {table} WHERE {COLUMN} = ? \
                     ORDER BY observed_at DESC LIMIT {OF_TYPE}) AS of_{number}"
                ))
                .bind(customer.to_owned());
        }
        let order = format!(") AS naming ORDER BY observed_at DESC LIMIT {OF_ALL}");
        let select = select.sql(&order);

        let mut ids: Vec<String> = load!(self, "list the objects of a customer", select)?;
        ids.push(customer.to_owned());
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}
