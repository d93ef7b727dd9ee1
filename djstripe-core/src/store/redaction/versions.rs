//! Reads and blanks what objects were earlier: their versions, if any are kept.

use diesel::sql_types::{BigInt, Integer, Text};

use super::blank::without_personal;
use super::known::KnownValues;
use super::load_in;
use super::rows::read_values;
use crate::store::backend::connection::Scope;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const READ: &str = "read versions";
const BLANK: &str = "blank versions";

/// Versions that are read at a time.
const BATCH: i64 = 200;

/// `id`, `observed_at`, `number` and `content`.
type Version = (String, i64, i32, String);
type Columns = (Text, BigInt, Integer, Text);

/// Versions with something personal, and how many fields that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VersionCounts {
    pub(crate) versions: u64,
    pub(crate) fields: u64,
}

impl Store {
    /// Adds what is personal in the versions of objects to `known`, and counts it.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn read_versions(
        &self,
        object: &str,
        scope: &Scope,
        ids: &[&str],
        keeps_metadata: bool,
        known: &mut KnownValues,
    ) -> Result<VersionCounts, StoreError> {
        let mut counts = VersionCounts::default();
        let mut after = None;
        loop {
            let select = self.select_versions(object, scope, ids, after.as_ref());
            let versions: Vec<Version> = load!(self, READ, select)?;
            for (_, _, _, content) in &versions {
                let fields = read_values(content, keeps_metadata, known);
                counts.versions += u64::from(fields > 0);
                counts.fields += fields;
            }
            match versions.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => return Ok(counts),
            }
        }
    }

    /// Blanks the versions of objects, each batch in a transaction. Values of `known` are replaced
    /// wherever they stand.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then a second run continues.
    pub(crate) async fn blank_versions(
        &self,
        object: &str,
        scope: &Scope,
        ids: &[&str],
        keeps_metadata: bool,
        known: &KnownValues,
    ) -> Result<(), StoreError> {
        let emails = known.emails();
        let mut after = None;
        loop {
            let mut transaction = self.begin().await?;
            let mut db = transaction.db().await?;
            let select = self.select_versions(object, scope, ids, after.as_ref());
            let versions: Vec<Version> = load_in!(db, BLANK, select)?;

            for (id, observed_at, number, content) in &versions {
                let Some(blanked) = without_personal(content, keeps_metadata, &emails) else {
                    continue;
                };
                let update = Statement::new(
                    "UPDATE djstripe_object_version SET content = ? \
                     WHERE object = ? AND account = ? AND livemode = ? \
                         AND id = ? AND observed_at = ? AND number = ?",
                )
                .bind(blanked.json)
                .bind(object.to_owned())
                .bind(scope.account.clone())
                .bind(scope.livemode)
                .bind(id.clone())
                .bind(*observed_at)
                .bind(*number);
                db.execute(BLANK, update).await?;
            }
            transaction.commit().await?;
            match versions.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    fn select_versions(
        &self,
        object: &str,
        scope: &Scope,
        ids: &[&str],
        after: Option<&Version>,
    ) -> Statement<'static, Columns> {
        let (one_of, ids) = self.one_of(ids);
        let mut select = Statement::<Columns>::new(format!(
            "SELECT id, observed_at, number, content FROM djstripe_object_version \
             WHERE object = ? AND account = ? AND livemode = ? AND id {one_of}"
        ))
        .bind(object.to_owned())
        .bind(scope.account.clone())
        .bind(scope.livemode)
        .bind(ids);
        if let Some((id, observed_at, number, _)) = after {
            select = select
                .sql(" AND (id, observed_at, number) > (?, ?, ?)")
                .bind(id.clone())
                .bind(*observed_at)
                .bind(*number);
        }
        select
            .sql(" ORDER BY id, observed_at, number LIMIT ?")
            .bind(BATCH)
    }
}
