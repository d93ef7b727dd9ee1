//! The application's users.

use djstripe_core::mirror::{Subscriber, SubscriberLookup};
use djstripe_core::store::prelude::*;
use djstripe_core::{BoxError, Db, with_db};

use crate::tables::users;

/// One user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The primary key, which is also what Stripe's objects name as `user_id`.
    pub id: String,
    /// The address that mails go to.
    pub email: String,
}

impl User {
    /// Adds a user. Whoever is there already stays as he is.
    pub(crate) async fn sign_up(&self, db: &mut Db<'_>) -> QueryResult<()> {
        let row = (users::id.eq(&self.id), users::email.eq(&self.email));
        let insert = diesel::insert_into(users::table)
            .values(row)
            .on_conflict_do_nothing();
        with_db!(db, connection => insert.execute(connection).await)?;
        Ok(())
    }

    /// The user with this id.
    pub(crate) async fn find(id: &str, db: &mut Db<'_>) -> QueryResult<Option<Self>> {
        let query = users::table.find(id).select((users::id, users::email));
        let rows: Vec<(String, String)> = with_db!(db, connection => query.load(connection).await)?;
        Ok(rows
            .into_iter()
            .next()
            .map(|(id, email)| Self { id, email }))
    }
}

/// What a new customer at Stripe gets to know of the user.
impl From<&User> for Subscriber {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            email: Some(user.email.clone()),
            ..Self::default()
        }
    }
}

/// Finds the user that a customer belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Users;

impl SubscriberLookup for Users {
    async fn find(&self, key: &str, db: &mut Db<'_>) -> Result<Option<String>, BoxError> {
        Ok(User::find(key, db).await?.map(|user| user.id))
    }
}
