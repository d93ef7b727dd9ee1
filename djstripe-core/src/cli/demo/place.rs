//! Where the demo stores its events: a temporary file, or a PostgreSQL database of its own.

use super::super::exit::CommandError;
use crate::app::Builder;
#[cfg(feature = "postgres")]
use crate::store::ScratchDatabase;
use crate::store::is_postgres;

/// A database that only the demo uses.
pub(super) enum Place {
    /// A SQLite file, which stays.
    File { url: String },
    /// A database beside the application's, which is dropped at the end.
    #[cfg(feature = "postgres")]
    Scratch(ScratchDatabase),
}

impl Place {
    /// Makes a database of the kind that the application uses.
    pub(super) async fn make(builder: &Builder) -> Result<Self, CommandError> {
        let Some(url) = builder.url_of_database() else {
            return Err(
                "the pool does not tell its server; set DATABASE_URL to it, on which the demo makes \
                 a database of its own"
                    .into(),
            );
        };
        if is_postgres(url) {
            return Self::on_server(url).await;
        }
        if let Some(set) = builder.set_for_postgres_only() {
            return Err(format!(
                "the migrations of `{set}` are for PostgreSQL only; set DATABASE_URL to a PostgreSQL \
                 server, on which the demo makes a database of its own"
            )
            .into());
        }
        if cfg!(not(feature = "sqlite")) {
            return Err(
                "set DATABASE_URL to a PostgreSQL server, on which the demo makes a database of \
                        its own; this program was built without SQLite"
                    .into(),
            );
        }

        let directory = tempfile::Builder::new()
            .prefix("djstripe-demo-")
            .tempdir()?
            .keep();
        let url = format!("sqlite:{}", directory.join("demo.db").display());
        Ok(Self::File { url })
    }

    #[cfg(feature = "postgres")]
    async fn on_server(url: &str) -> Result<Self, CommandError> {
        Ok(Self::Scratch(ScratchDatabase::create(url).await?))
    }

    #[cfg(not(feature = "postgres"))]
    async fn on_server(_: &str) -> Result<Self, CommandError> {
        let feature = "postgres";
        Err(crate::store::StoreError::FeatureOff { feature }.into())
    }

    /// Its URL, which may contain a password.
    pub(super) fn url(&self) -> String {
        match self {
            Self::File { url } => url.clone(),
            #[cfg(feature = "postgres")]
            Self::Scratch(database) => database.url(),
        }
    }

    /// What to print of it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File { url } => url.clone(),
            #[cfg(feature = "postgres")]
            Self::Scratch(database) => {
                format!("{}, which is dropped at the end", database.name())
            }
        }
    }

    /// Whether it can be looked at when the demo is over.
    pub(super) fn stays(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// Drops what doesn't stay.
    pub(super) async fn clean_up(self) -> Result<(), CommandError> {
        match self {
            Self::File { .. } => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Scratch(database) => Ok(database.remove().await?),
        }
    }
}
