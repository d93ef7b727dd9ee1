//! The database URL: which backend, and the address of the database.

use crate::store::error::StoreError;

/// A parsed database URL. It may contain a password, so it has no `Debug`.
pub(in crate::store) enum DatabaseUrl<'a> {
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "this build refuses such URLs")
    )]
    Sqlite { path: &'a str },
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "this build refuses such URLs")
    )]
    Postgres { url: &'a str },
}

impl<'a> DatabaseUrl<'a> {
    pub(in crate::store) fn parse(url: &'a str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres { url });
        }

        let rest = url.strip_prefix("sqlite:").ok_or(StoreError::UnknownUrl)?;
        match rest.strip_prefix("//").unwrap_or(rest) {
            "" => Err(StoreError::UnknownUrl),
            path if path.starts_with(':') || path.contains("mode=memory") => {
                Err(StoreError::InMemory)
            }
            path => Ok(Self::Sqlite { path }),
        }
    }
}

/// The URL of another database of the same PostgreSQL server.
#[cfg(all(feature = "testing", feature = "postgres"))]
pub(super) fn with_database(url: &str, name: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    // As tokio-postgres reads URLs, everything up to the first `@` is a user and a password.
    let (user, rest) = rest.split_at(rest.find('@').map_or(0, |at| at + 1));
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = address.split('/').next().unwrap_or_default();

    // The parameter would win over the path.
    let query: Vec<&str> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty() && !parameter.starts_with("dbname="))
        .collect();
    let separator = if query.is_empty() { "" } else { "?" };
    format!(
        "{scheme}://{user}{host}/{name}{separator}{}",
        query.join("&")
    )
}

/// Whether the URL names a PostgreSQL database.
#[cfg(feature = "dev")]
pub(crate) fn is_postgres(url: &str) -> bool {
    matches!(DatabaseUrl::parse(url), Ok(DatabaseUrl::Postgres { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "testing", feature = "postgres"))]
    #[test]
    fn another_database_of_the_server_has_the_same_address() {
        let check = |url: &str, expected: &str| assert_eq!(with_database(url, "demo"), expected);

        check("postgres://h/shop", "postgres://h/demo");
        check("postgres://h", "postgres://h/demo");
        check(
            "postgresql://u:p@h:5433/shop",
            "postgresql://u:p@h:5433/demo",
        );
        check(
            "postgres://u:p?w/x@h/shop?sslmode=require",
            "postgres://u:p?w/x@h/demo?sslmode=require",
        );
        check("postgres://@h/shop", "postgres://@h/demo");
        check(
            "postgres:///shop?host=/run&dbname=shop",
            "postgres:///demo?host=/run",
        );
        check("postgres://h?dbname=shop", "postgres://h/demo");
        check("postgres://%2Frun/shop", "postgres://%2Frun/demo");
    }

    #[test]
    fn urls_name_their_backend() {
        let check = |url: &str, expected: Result<&str, &str>| {
            let actual = match DatabaseUrl::parse(url) {
                Ok(DatabaseUrl::Sqlite { path }) => Ok(path.to_owned()),
                Ok(DatabaseUrl::Postgres { url }) => Ok(url.to_owned()),
                Err(error) => Err(error.to_string()),
            };
            assert_eq!(
                actual
                    .as_deref()
                    .map_err(|error| error.split('`').nth(1).unwrap_or_default()),
                expected,
                "{url}"
            );
        };

        check("sqlite:shop.db", Ok("shop.db"));
        check("sqlite:/var/lib/shop.db", Ok("/var/lib/shop.db"));
        check("sqlite:///var/lib/shop.db", Ok("/var/lib/shop.db"));
        check("sqlite://shop.db", Ok("shop.db"));
        check("postgres://localhost/shop", Ok("postgres://localhost/shop"));
        check(
            "postgresql://localhost/shop",
            Ok("postgresql://localhost/shop"),
        );
        check("sqlite::memory:", Err("sqlite::memory:"));
        check("sqlite:file:x?mode=memory", Err("sqlite::memory:"));
        check("sqlite:", Err("sqlite:PATH"));
        check("mysql://localhost/shop", Err("sqlite:PATH"));
        check("shop.db", Err("sqlite:PATH"));
        check("", Err("sqlite:PATH"));
    }
}
