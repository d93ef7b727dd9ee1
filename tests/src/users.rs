//! An application's table of users. djstripe creates and links their customers.

use djstripe_core::BoxError;
use djstripe_core::mirror::{MirrorSettings, Subscriber, SubscriberLookup, SubscriberSource};
use djstripe_core::store::diesel::{self, prelude::*};
use djstripe_core::store::diesel_async::RunQueryDsl as AsyncRunQueryDsl;
use djstripe_core::store::{Migration, MigrationSet};
use djstripe_core::{Db, with_db};

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
    }
}

/// The application's side of the link between users and customers.
#[derive(Clone, Copy, Debug)]
pub struct Users;

impl Users {
    /// Migrations that create the table with the users 1 to `count`.
    pub fn migrations(count: i64) -> MigrationSet {
        let users = (1..=count)
            .map(|id| format!("({id}, 'user{id}@example.com')"))
            .collect::<Vec<_>>()
            .join(", ");

        let create = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);";
        let sql = format!("{create} INSERT INTO users (id, email) VALUES {users};");

        let create = Migration {
            name: "0001_users".into(),
            sql: sql.into(),
        };
        MigrationSet {
            name: "users".into(),
            postgres: vec![create.clone()],
            sqlite: vec![create],
        }
    }

    /// Settings of a mirror whose customers belong to the users.
    pub fn settings() -> MirrorSettings {
        MirrorSettings::default()
            .subscriber_key("user_id")
            .subscribers(Self)
            .subscriber_source(Self)
    }
}

impl SubscriberLookup for Users {
    async fn find(&self, key: &str, db: &mut Db<'_>) -> Result<Option<String>, BoxError> {
        let Ok(id) = key.parse::<i64>() else {
            return Ok(None);
        };

        let query = users::table.find(id).select(users::id);
        let found: Vec<i64> =
            with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await)?;
        Ok(found.into_iter().next().map(|id| id.to_string()))
    }

    async fn find_by_email(&self, email: &str, db: &mut Db<'_>) -> Result<Vec<String>, BoxError> {
        let query = users::table
            .filter(users::email.eq(email))
            .order(users::id)
            .select(users::id);
        let found: Vec<i64> =
            with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await)?;
        Ok(found.into_iter().map(|id| id.to_string()).collect())
    }
}

impl SubscriberSource for Users {
    async fn page(
        &self,
        after: Option<&str>,
        limit: u32,
        db: &mut Db<'_>,
    ) -> Result<Vec<Subscriber>, BoxError> {
        let after = after.map_or(Ok(i64::MIN), str::parse::<i64>)?;

        let query = users::table
            .filter(users::id.gt(after))
            .order(users::id)
            .limit(limit.into());
        let found: Vec<(i64, String)> =
            with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await)?;

        let subscriber = |(id, email): (i64, String)| Subscriber {
            id: id.to_string(),
            email: Some(email),
            name: Some(format!("User {id}")),
            metadata: [("plan".to_owned(), "free".to_owned())].into(),
        };

        Ok(found.into_iter().map(subscriber).collect())
    }
}
