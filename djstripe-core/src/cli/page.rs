//! `serve --page`: the operator's page next to the webhook endpoints, behind a password.

use axum::Router;
use clap::Args;

use super::exit::{CommandError, UsageError};
use crate::app::Djstripe;
use crate::endpoint::WEBHOOK_PATH;

/// Where the page is if its path is left out.
const DEFAULT_PATH: &str = "/djstripe";

/// The variable with the password; with `_FILE` behind it, the path of a file.
const PASSWORD: &str = "DJSTRIPE_PAGE_PASSWORD";

#[derive(Debug, Args)]
pub(super) struct PageArgs {
    /// Serve the operator's page below this path [without a path: /djstripe]; set
    /// DJSTRIPE_PAGE_PASSWORD, or DJSTRIPE_PAGE_PASSWORD_FILE to the path of a file
    #[arg(
        long,
        env = "DJSTRIPE_PAGE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_PATH,
        value_parser = path,
        value_name = "PATH"
    )]
    page: Option<String>,
}

/// The page that a command serves.
pub(super) struct ServedPage {
    path: String,
    #[cfg(feature = "page")]
    access: crate::page::AccessSource,
}

impl PageArgs {
    /// The page, if there is to be one.
    ///
    /// # Errors
    /// Incorrect usage: there is no password, or the program was built without the page.
    pub(super) fn open(self) -> Result<Option<ServedPage>, CommandError> {
        self.page.map(open).transpose()
    }
}

#[cfg(feature = "page")]
fn open(path: String) -> Result<ServedPage, CommandError> {
    use secrecy::ExposeSecret;

    use crate::endpoint::setting::from_environment;
    use crate::page::{AccessSource, PagePassword};

    let Some(password) = from_environment(PASSWORD)? else {
        let message = format!(
            "the operator's page has no password: set {PASSWORD}, or {PASSWORD}_FILE to the path of a \
             file, or leave `--page` and DJSTRIPE_PAGE out"
        );
        return Err(UsageError(message).into());
    };
    let password = PagePassword::new(password.expose_secret());
    let password = password.map_err(|error| UsageError(format!("{PASSWORD}: {error}")))?;
    Ok(ServedPage {
        path,
        access: AccessSource::Password(password),
    })
}

#[cfg(not(feature = "page"))]
fn open(path: String) -> Result<ServedPage, CommandError> {
    let version = env!("CARGO_PKG_VERSION");
    let message = format!(
        "this program was built without the operator's page, which was to be at {path} with the password \
         of {PASSWORD}; add the cargo feature `page`: \
         djstripe-core = {{ version = \"{version}\", features = [\"page\"] }}"
    );
    Err(UsageError(message).into())
}

impl ServedPage {
    /// The application's routes, with the page in front of them.
    pub(super) fn mount(self, app: &Djstripe, routes: Router) -> Router {
        #[cfg(feature = "page")]
        let routes = Router::new()
            .nest_service(&self.path, crate::page::router(app.clone(), self.access))
            .fallback_service(routes);
        let _ = app;
        tracing::info!("the operator's page is at {}/", self.path);
        routes
    }
}

/// Reads the path below which the page is.
fn path(argument: &str) -> Result<String, String> {
    let path = argument.trim_end_matches('/');
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && segment.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
            })
            && !matches!(segment, "." | "..")
    };
    let segments = path.strip_prefix('/');
    if !segments.is_some_and(|segments| segments.split('/').all(is_plain)) {
        return Err(
            "expected a path such as /djstripe or /admin/stripe, of letters, digits, - _ . and ~"
                .to_owned(),
        );
    }
    let overlaps = |other: &str| path == other || path.starts_with(&format!("{other}/"));
    let is_above = WEBHOOK_PATH.starts_with(&format!("{path}/"));
    if overlaps(WEBHOOK_PATH) || is_above || path == "/healthz" || path == "/readyz" {
        return Err(format!(
            "{path} overlaps with {WEBHOOK_PATH} or a probe; choose another path"
        ));
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_path_of_its_own() {
        let check = |argument: &str, expected: Option<&str>| {
            let read = path(argument);
            assert_eq!(read.as_deref().ok(), expected, "{argument}: {read:?}");
        };
        check("/djstripe", Some("/djstripe"));
        check("/djstripe/", Some("/djstripe"));
        check("/admin/stripe-events", Some("/admin/stripe-events"));
        check("/stripe-page", Some("/stripe-page"));
        for wrong in [
            "",
            "/",
            "djstripe",
            "//a",
            "/a//b",
            "/{a}",
            "/a b",
            "/a?b",
            "/../a",
            "/stripe",
            "/stripe/webhook",
            "/stripe/webhook/page",
            "/healthz",
            "/readyz",
        ] {
            check(wrong, None);
        }
    }
}
