//! Migrations that the database has and this program doesn't know: a newer program ran them. Each
//! says whether programs like this one can go on.

use std::collections::{BTreeMap, HashSet};

use diesel::sql_types::Text;

use super::sets::{INBOX, MIRROR};
use super::step::{COMPATIBLE, FIRST_MARKED, READ_APPLIED, Step, label, pending};
use super::tables::Applied;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const SELECT_MARKED: &str = "SELECT migration_set, name, older_programs FROM djstripe_migration \
     WHERE older_programs IS NOT NULL";

/// `set/name` of migrations that this program doesn't know, in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewerMigrations {
    /// Those with which it works.
    pub(crate) compatible: Vec<String>,
    /// Those with which it doesn't.
    pub(crate) incompatible: Vec<String>,
}

/// The marks of applied migrations, by set and name.
type Marks = BTreeMap<(String, String), String>;

impl Store {
    /// The migrations that the database lacks, as [`pending_migrations`](Self::pending_migrations),
    /// and those that this program doesn't know, of the sets that it knows.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn compare_migrations(
        &self,
    ) -> Result<(Vec<String>, NewerMigrations), StoreError> {
        self.compare(&self.applied().await?).await
    }

    async fn compare(
        &self,
        applied: &Applied,
    ) -> Result<(Vec<String>, NewerMigrations), StoreError> {
        let steps = self.steps();
        let lacking = pending(&steps, applied).map(label).collect();
        let unknown = unknown(&steps, applied);
        if unknown.is_empty() {
            return Ok((lacking, NewerMigrations::default()));
        }

        let marks = if applied.iter().any(has_marks) {
            let select = Statement::<(Text, Text, Text)>::new(SELECT_MARKED);
            let rows: Vec<(String, String, String)> = load!(self, READ_APPLIED, select)?;
            rows.into_iter()
                .map(|(set, name, mark)| ((set, name), mark))
                .collect()
        } else {
            Marks::new()
        };
        Ok((lacking, judge(unknown, &marks)))
    }

    /// The migrations that the database lacks, and those of a newer program with which this one works.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] if there are some with which it doesn't, [`StoreError::Query`] and
    /// the errors of connecting.
    pub(crate) async fn compatible_migrations(
        &self,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        self.compatible(&self.applied().await?).await
    }

    /// As [`compatible_migrations`](Self::compatible_migrations), of a list that was read already.
    pub(super) async fn compatible(
        &self,
        applied: &Applied,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let (pending, newer) = self.compare(applied).await?;
        if newer.incompatible.is_empty() {
            return Ok((pending, newer.compatible));
        }
        Err(StoreError::NewerSchema {
            migrations: newer.incompatible,
        })
    }
}

/// Whether this migration, or a later one, added the column for the marks.
fn has_marks((set, name): &(String, String)) -> bool {
    set == INBOX && &**name >= FIRST_MARKED
}

/// Sets that no step is of belong to other applications.
fn unknown<'a>(steps: &[Step], applied: &'a Applied) -> Vec<&'a (String, String)> {
    let sets: HashSet<&str> = steps.iter().map(|(set, _)| &**set).collect();
    let known: HashSet<(&str, &str)> = steps
        .iter()
        .map(|(set, migration)| (&**set, &*migration.name))
        .collect();
    let mut unknown: Vec<_> = applied
        .iter()
        .filter(|(set, name)| sets.contains(&**set) && !known.contains(&(&**set, &**name)))
        .collect();
    unknown.sort();
    unknown
}

/// A migration of djstripe's own sets that says nothing may have changed anything; one of an
/// application's set concerns the tables that the application alone knows.
fn judge(unknown: Vec<&(String, String)>, marks: &Marks) -> NewerMigrations {
    let mut newer = NewerMigrations::default();
    for key @ (set, name) in unknown {
        let is_compatible = match marks.get(key) {
            Some(mark) => mark == COMPATIBLE,
            None => set != INBOX && set != MIRROR,
        };
        let list = if is_compatible {
            &mut newer.compatible
        } else {
            &mut newer.incompatible
        };
        list.push(format!("{set}/{name}"));
    }
    newer
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::store::migration::sets::Migration;

    #[test]
    fn what_is_newer_is_compatible_only_if_it_says_so() {
        let step = |set: &'static str, name: &'static str| -> Step {
            let migration = Migration {
                name: Cow::Borrowed(name),
                sql: "".into(),
            };
            (set.into(), migration)
        };
        let steps = [
            step("inbox", "0001"),
            step("mirror", "0001"),
            step("shop", "0001"),
        ];
        let check =
            |rows: &[(&str, &str, Option<&str>)], compatible: &[&str], incompatible: &[&str]| {
                let owned = |(set, name): (&str, &str)| (set.to_owned(), name.to_owned());
                let applied = rows
                    .iter()
                    .map(|(set, name, _)| owned((set, name)))
                    .collect();
                let marks = rows.iter().filter_map(|(set, name, mark)| {
                    Some((owned((set, name)), (*mark)?.to_owned()))
                });
                let newer = judge(unknown(&steps, &applied), &marks.collect());
                assert_eq!(newer.compatible, compatible);
                assert_eq!(newer.incompatible, incompatible);
            };

        let known = ("inbox", "0001", None);
        check(&[known], &[], &[]);
        check(&[known, ("inbox", "0002", None)], &[], &["inbox/0002"]);
        check(
            &[
                ("mirror", "0002", Some("compatible")),
                ("inbox", "0002", Some("incompatible")),
            ],
            &["mirror/0002"],
            &["inbox/0002"],
        );
        check(&[("inbox", "0002", Some("perhaps"))], &[], &["inbox/0002"]);
        check(
            &[
                ("shop", "0002", None),
                ("shop", "0003", Some("incompatible")),
            ],
            &["shop/0002"],
            &["shop/0003"],
        );
        check(&[("other", "0001", Some("incompatible"))], &[], &[]);
    }
}
