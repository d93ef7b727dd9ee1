//! Finds the rows of a customer's objects: by the columns that name their owner, by their parent, and
//! by their id.
//!
//! A type without such a column is searched by its JSON: its whole table is read, in the customer's
//! account and mode.

use diesel::sql_types::{Nullable, Text};
use djstripe_models::{ColumnKind, ModelDescriptor};

use super::owner::OwnerField;
use crate::store::backend::connection::{Backend, Scope};
use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;

const FIND: &str = "find the rows of a customer";

/// A row that may be the customer's.
#[derive(Debug, diesel::QueryableByName)]
pub(crate) struct FoundRow {
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
    #[diesel(sql_type = Text)]
    pub(crate) stripe_data: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) parent_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) parent_id: Option<String>,
}

/// What rows have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relation {
    /// They have one of the ids.
    Own,
    /// They name one of the ids in this field.
    Names(OwnerField),
    /// Their parent is of this type and has one of the ids.
    ChildOf(&'static str),
}

/// Whether rows of a type know their parents.
pub(crate) fn has_parents(of: &ModelDescriptor) -> bool {
    of.own_columns
        .iter()
        .any(|column| column.name == "parent_type")
}

/// The column that holds what stands at this place.
fn column(of: &ModelDescriptor, field: OwnerField) -> Option<&'static str> {
    let is_id = |kind| matches!(kind, ColumnKind::Text | ColumnKind::Id);
    let mut columns = of.columns.iter();
    let column = columns.find(|it| is_id(it.kind) && it.paths.contains(&field.path))?;
    Some(column.name)
}

/// Of the places where objects of a type name their owner, those that a search looks at: the ones
/// with a column, or all if none has one.
pub(crate) fn searched(of: &ModelDescriptor, fields: &[OwnerField]) -> Vec<OwnerField> {
    let with_column = fields
        .iter()
        .copied()
        .filter(|it| column(of, *it).is_some());
    let with_column: Vec<OwnerField> = with_column.collect();
    match with_column.is_empty() {
        true => fields.to_vec(),
        false => with_column,
    }
}

impl Store {
    /// The rows of this account and mode that stand in this relation to one of `ids`, at most `limit`
    /// of them after this id, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn related_rows(
        &self,
        of: &'static ModelDescriptor,
        scope: &Scope,
        relation: Relation,
        ids: &[&str],
        after: &str,
        limit: u32,
    ) -> Result<Vec<FoundRow>, StoreError> {
        let Some(table) = of.table.map(TableName::new) else {
            return Ok(Vec::new());
        };
        if matches!(relation, Relation::ChildOf(_)) && !has_parents(of) {
            return Ok(Vec::new());
        }
        let (one_of, ids) = self.one_of(ids);
        let parents = match has_parents(of) {
            true => "parent_type, parent_id",
            false => "CAST(NULL AS text) AS parent_type, CAST(NULL AS text) AS parent_id",
        };
        let condition = match relation {
            Relation::Own => format!("id {one_of}"),
            Relation::Names(field) => self.names(of, field, one_of),
            Relation::ChildOf(_) => format!("parent_id {one_of} AND parent_type = ?"),
        };

        let select = Statement::<ByName>::new(format!(
            "SELECT id, CAST(stripe_data AS text) AS stripe_data, {parents} FROM {table} \
             WHERE account = ? AND livemode = ? AND id > ? AND {condition} ORDER BY id LIMIT ?"
        ))
        .bind(scope.account.clone())
        .bind(scope.livemode)
        .bind(after.to_owned())
        .bind(ids);
        let select = match relation {
            Relation::ChildOf(object) => select.bind(object),
            Relation::Own | Relation::Names(_) => select,
        };
        let select = select.bind(i64::from(limit));
        load!(self, FIND, select)
    }

    /// The condition that a row names an id, or that it may: on SQLite, if no column has the place,
    /// the id may stand anywhere in the row.
    fn names(&self, of: &ModelDescriptor, field: OwnerField, one_of: &str) -> String {
        if let Some(column) = column(of, field) {
            return format!("\"{column}\" {one_of}");
        }
        match self.backend() {
            Backend::Postgres => {
                let steps = field.path.iter().map(|name| format!(".\"{name}\""));
                let path: String = steps.collect();
                format!(
                    "EXISTS (SELECT 1 FROM jsonb_path_query(stripe_data, 'lax ${path}[*]') AS named (value) \
                         WHERE coalesce(named.value ->> 'id', named.value #>> '{{}}') {one_of})"
                )
            }
            Backend::Sqlite => format!(
                "EXISTS (SELECT 1 FROM json_tree(stripe_data) AS named \
                     WHERE named.type = 'text' AND named.atom {one_of})"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use djstripe_models::descriptor;

    use super::super::owner::owned_types;
    use super::*;

    #[test]
    fn an_owner_is_searched_by_columns_where_there_are_any() {
        let check = |object: &str, expected: &[&str]| {
            let (of, fields) = owned_types().find(|(of, _)| of.object == object).unwrap();
            let fields = searched(of, fields);
            let names: Vec<String> = fields.iter().map(|it| it.path.join(".")).collect();
            assert_eq!(names, expected, "{object}");
        };
        check("dispute", &["charge", "payment_intent"]);
        check("balance_transaction", &["source"]);
        check("payment_record", &["customer_details.customer"]);
        check("fee_refund", &["balance_transaction", "fee"]);
        assert!(has_parents(descriptor("line_item").unwrap()));
        assert!(!has_parents(descriptor("invoice").unwrap()));
    }
}
