//! The application's own tables.

use djstripe_core::store::{Migration, MigrationSet};

diesel::table! {
    /// Who has signed up.
    users (id) {
        id -> Text,
        email -> Text,
    }
}

diesel::table! {
    /// Whether a subscription gives access. One row for each subscription, which it alone determines.
    access (subscription) {
        subscription -> Text,
        customer -> Text,
        open -> Bool,
    }
}

diesel::table! {
    /// What is set up once for each customer that ever had access.
    workspaces (customer) {
        customer -> Text,
        set_up_for -> Text,
    }
}

const CREATE: &str = "\
    CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL);
    CREATE TABLE access (subscription text PRIMARY KEY, customer text NOT NULL, open boolean NOT NULL);
    CREATE INDEX access_customer ON access (customer);
    CREATE TABLE workspaces (customer text PRIMARY KEY, set_up_for text NOT NULL);";

/// They run together with djstripe's own.
pub(crate) fn migrations() -> MigrationSet {
    let create = Migration {
        name: "0001_saas".into(),
        sql: CREATE.into(),
    };
    MigrationSet {
        name: "saas".into(),
        postgres: vec![create.clone()],
        sqlite: vec![create],
    }
}
