//! Blanks rows, and reads what is personal in them.

use diesel::sql_types::Text;
use djstripe_models::ModelDescriptor;

use super::blank::{Blanking, without_personal};
use super::known::KnownValues;
use super::load_in;
use crate::store::backend::connection::{Backend, Scope};
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;
use crate::timestamp::Timestamp;

const BLANK: &str = "blank rows";

impl Store {
    /// Blanks the rows with these ids, in one transaction. Values of `known` are replaced wherever they
    /// stand. Returns how many fields were blanked.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then no row was changed.
    pub(crate) async fn blank_rows(
        &self,
        of: &ModelDescriptor,
        scope: &Scope,
        ids: &[&str],
        keeps_metadata: bool,
        known: &KnownValues,
    ) -> Result<u64, StoreError> {
        let Some(table) = of.table.map(TableName::new) else {
            return Ok(0);
        };
        let (lock, json) = match self.backend() {
            Backend::Postgres => (" FOR UPDATE", "CAST(? AS jsonb)"),
            Backend::Sqlite => ("", "?"),
        };
        let (one_of, ids) = self.one_of(ids);
        let emails = known.emails();
        let mut transaction = self.begin().await?;
        let mut db = transaction.db().await?;

        let select = Statement::<(Text, Text)>::new(format!(
            "SELECT id, CAST(stripe_data AS text) FROM {table} \
             WHERE account = ? AND livemode = ? AND id {one_of} ORDER BY id{lock}"
        ))
        .bind(scope.account.clone())
        .bind(scope.livemode)
        .bind(ids);
        let rows: Vec<(String, String)> = load_in!(db, BLANK, select)?;

        let mut fields = 0;
        for (id, stripe_data) in rows {
            let Some(blanked) = without_personal(&stripe_data, keeps_metadata, &emails) else {
                continue;
            };
            fields += blanked.fields;
            let update = Statement::new(format!(
                "UPDATE {table} SET stripe_data = {json}, djstripe_updated = ? \
                 WHERE account = ? AND livemode = ? AND id = ?"
            ))
            .bind(blanked.json)
            .bind(Timestamp::now().micros())
            .bind(scope.account.clone())
            .bind(scope.livemode)
            .bind(id);
            db.execute(BLANK, update).await?;
        }
        transaction.commit().await?;
        Ok(fields)
    }
}

/// Adds what is personal in the JSON of a row to `known`. Returns how many fields would be blanked.
pub(crate) fn read_values(stripe_data: &str, keeps_metadata: bool, known: &mut KnownValues) -> u64 {
    let blanking = Blanking {
        whole: true,
        keeps_metadata,
        found: Some(known),
        ..Blanking::default()
    };
    blanking
        .blank(stripe_data)
        .map_or(0, |blanked| blanked.fields)
}
