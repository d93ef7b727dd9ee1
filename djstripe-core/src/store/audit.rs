//! What operators did: each action that changes something has a row, which stays.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::backend::run::load;
use super::backend::statement::Statement;
use super::backend::store::Store;
use super::error::StoreError;
use crate::timestamp::Timestamp;

const RECORD: &str = "record an action";
const LIST: &str = "list actions";

const INSERT: &str =
    "INSERT INTO djstripe_audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)";

const SELECT: &str = "SELECT id, at, actor, action, subject, detail FROM djstripe_audit \
     WHERE id < ? ORDER BY id DESC LIMIT ?";

/// An action to record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAction {
    /// Who does it, such as `ann@shop-1`.
    pub actor: String,
    /// What is done, such as `events retry`.
    pub action: String,
    /// What it is done to: an id, or a selection in words. Empty if there is nothing to name.
    pub subject: String,
    /// What came of it.
    pub detail: Option<String>,
}

/// An action as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Position in the record.
    pub id: i64,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// What came of it.
    pub detail: Option<String>,
}

impl Store {
    /// Records an action of an operator.
    ///
    /// ```
    /// use djstripe_core::store::NewAction;
    /// # use djstripe_core::store::{Store, StoreOptions};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    /// # let store = Store::connect(&url, StoreOptions::default()).await?;
    /// # store.migrate().await?;
    /// let action = NewAction {
    ///     actor: "ann".to_owned(),
    ///     action: "orders replay".to_owned(),
    ///     subject: "order 7".to_owned(),
    ///     detail: None,
    /// };
    /// store.record_action(&action).await?;
    /// assert_eq!(store.actions(None, 10).await?[0].actor, "ann");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn record_action(&self, action: &NewAction) -> Result<(), StoreError> {
        let insert = Statement::new(INSERT)
            .bind(Timestamp::now().micros())
            .bind(action.actor.clone())
            .bind(action.action.clone())
            .bind(action.subject.clone())
            .bind(action.detail.clone());
        self.execute(RECORD, insert).await.map(drop)
    }

    /// The number of recorded actions, but at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn count_actions(&self, limit: u32) -> Result<u64, StoreError> {
        let select = Statement::<BigInt>::new("SELECT id FROM djstripe_audit LIMIT ?");
        self.count(select.bind(i64::from(limit))).await
    }

    /// Lists the actions of operators, newest first: those before the one with the id `after`, if it is
    /// given.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn actions(&self, after: Option<i64>, limit: u32) -> Result<Vec<Action>, StoreError> {
        let select = Statement::<(BigInt, BigInt, Text, Text, Text, Nullable<Text>)>::new(SELECT)
            .bind(after.unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        let rows: Vec<(i64, i64, String, String, String, Option<String>)> =
            load!(self, LIST, select)?;
        let action = |(id, at, actor, action, subject, detail)| Action {
            id,
            at: Timestamp::from_micros(at),
            actor,
            action,
            subject,
            detail,
        };
        Ok(rows.into_iter().map(action).collect())
    }
}
