//! Secret settings of a command: given as a value or as the path of a file, by a flag or by an
//! environment variable.
//!
//! In: the matches of a command line. Out: a builder with the secrets.
//!
//! Invariant: no error and no warning contains a secret.

use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;
use secrecy::{ExposeSecret, SecretString};

use super::exit::{CommandError, UsageError};
use super::output;
use crate::app::Builder;
use crate::endpoint::setting::read_file;

/// A secret setting, by the id of its argument. The id of the argument with a file ends with
/// [`FILE`].
struct Setting {
    /// The id, which is the flag without its dashes.
    flag: &'static str,
    variable: &'static str,
    apply: fn(Builder, &[&str]) -> Builder,
}

/// What the flag of a file ends with.
const FILE: &str = "-file";

static SETTINGS: [Setting; 7] = [
    Setting {
        flag: "database-url",
        variable: "DATABASE_URL",
        apply: |builder, urls| match urls {
            [] => builder,
            // A comma may be part of a URL: it is not split.
            [url, ..] => builder.database_url(*url),
        },
    },
    Setting {
        flag: "direct-database-url",
        variable: "DIRECT_DATABASE_URL",
        apply: |builder, urls| match urls {
            [] | [""] => builder,
            [url, ..] => builder.direct_database_url(*url),
        },
    },
    Setting {
        flag: "webhook-secret",
        variable: "STRIPE_WEBHOOK_SECRET",
        apply: |builder, secrets| builder.webhook_secrets(split(secrets)),
    },
    // The first setting of keys that is given replaces those of the program, and the others add to it.
    Setting {
        flag: "test-secret-key",
        variable: "STRIPE_TEST_SECRET_KEY",
        apply: add_keys,
    },
    Setting {
        flag: "live-secret-key",
        variable: "STRIPE_LIVE_SECRET_KEY",
        apply: add_keys,
    },
    Setting {
        flag: "secret-key",
        variable: "STRIPE_SECRET_KEY",
        apply: add_keys,
    },
    Setting {
        flag: "account-key",
        variable: "STRIPE_ACCOUNT_KEYS",
        apply: |builder, keys| split(keys).fold(builder, account_key),
    },
];

/// The settings of keys.
const KEYS: [&str; 3] = ["test-secret-key", "live-secret-key", "secret-key"];

/// The secrets that a command was given, files not yet read.
pub(super) struct GivenSecrets(Vec<Given>);

struct Given {
    setting: &'static Setting,
    source: ValueSource,
    from: From,
}

enum From {
    Values(Vec<SecretString>),
    File(PathBuf),
}

impl GivenSecrets {
    /// Finds the secrets of the command that the matches are of.
    ///
    /// # Errors
    /// A value and a file are both given, by flags or by variables. A flag replaces both variables.
    pub(super) fn find(matches: &ArgMatches) -> Result<Self, UsageError> {
        let mut matches = matches;
        while let Some((_, below)) = matches.subcommand() {
            matches = below;
        }

        let mut given = Vec::new();
        for setting in &SETTINGS {
            given.extend(setting.find(matches)?);
        }
        Ok(Self(given))
    }

    /// Reads the files, applies the secrets, and warns of those on the command line.
    ///
    /// # Errors
    /// [`SettingError`](crate::endpoint::SettingError).
    pub(super) fn apply(self, mut builder: Builder) -> Result<Builder, CommandError> {
        let is_key = |given: &Given| KEYS.contains(&given.setting.flag);
        if self.0.iter().any(is_key) {
            builder = builder.secret_keys(Vec::<String>::new());
        }
        for given in self.0 {
            let values = given.read()?;
            let values: Vec<&str> = values.iter().map(ExposeSecret::expose_secret).collect();
            given.warn(&values);
            builder = (given.setting.apply)(builder, &values);
        }
        Ok(builder)
    }
}

impl Setting {
    fn find(&'static self, matches: &ArgMatches) -> Result<Option<Given>, UsageError> {
        let file_id = self.file_flag();
        let of_value = source(matches, self.flag);
        let of_file = source(matches, &file_id);
        let (source, is_file) = match (of_value, of_file) {
            (None, None) => return Ok(None),
            (Some(value), Some(file)) if value == file => return Err(self.both(value)),
            (Some(source), None) | (Some(source @ ValueSource::CommandLine), _) => (source, false),
            (_, Some(source)) => (source, true),
        };

        let from = if is_file {
            let path = matches.get_one::<PathBuf>(&file_id);
            From::File(path.cloned().unwrap_or_default())
        } else {
            let values = matches.get_many::<SecretString>(self.flag);
            From::Values(values.into_iter().flatten().cloned().collect())
        };
        Ok(Some(Given {
            setting: self,
            source,
            from,
        }))
    }

    fn file_flag(&self) -> String {
        format!("{}{FILE}", self.flag)
    }

    fn both(&self, source: ValueSource) -> UsageError {
        let Self { flag, variable, .. } = self;
        UsageError(match source {
            ValueSource::CommandLine => {
                format!("`--{flag}` and `--{flag}{FILE}` are both given; give only one of them")
            }
            _ => format!("{variable} and {variable}_FILE are both set; set only one of them"),
        })
    }
}

impl Given {
    fn read(&self) -> Result<Vec<SecretString>, CommandError> {
        let Setting { flag, variable, .. } = self.setting;
        let path = match &self.from {
            From::Values(values) => return Ok(values.clone()),
            From::File(path) => path,
        };
        let name = match self.source {
            ValueSource::CommandLine => format!("--{flag}{FILE}"),
            _ => format!("{variable}_FILE"),
        };
        Ok(vec![read_file(&name, path)?])
    }

    /// Warns of a secret that every user of the machine can see.
    fn warn(&self, values: &[&str]) {
        let Setting { flag, variable, .. } = self.setting;
        let is_value = matches!(self.from, From::Values(_));
        let is_secret =
            !flag.ends_with("database-url") || values.iter().any(|url| has_password(url));
        if !is_value || !is_secret || self.source != ValueSource::CommandLine {
            return;
        }

        let message = format!(
            "`--{flag}` shows its secret to every user of this machine (`ps`): set {variable}, or \
             {variable}_FILE to the path of a file, instead"
        );
        // The log is on standard error too, unless the program has a log of its own.
        if tracing::enabled!(tracing::Level::WARN) {
            tracing::warn!("{message}");
        } else {
            output::warn(message);
        }
    }
}

/// Where the value of an argument comes from; `None` if it has none, or the command lacks it.
fn source(matches: &ArgMatches, id: &str) -> Option<ValueSource> {
    let is_given = matches.try_contains_id(id).unwrap_or(false);
    is_given.then(|| matches.value_source(id)).flatten()
}

fn split<'v>(values: &[&'v str]) -> impl Iterator<Item = &'v str> {
    values
        .iter()
        .flat_map(|value| value.split(','))
        .collect::<Vec<_>>()
        .into_iter()
}

fn add_keys(builder: Builder, keys: &[&str]) -> Builder {
    let keys = split(keys).filter(|key| !key.trim().is_empty());
    keys.fold(builder, |builder, key| builder.secret_key(key))
}

/// Adds `acct_1=sk_test_1`. What has no account is refused by the builder, which does not show it.
fn account_key(builder: Builder, text: &str) -> Builder {
    let (account, key) = text.split_once('=').unwrap_or(("", text));
    builder.account(account.trim(), |account| account.secret_key(key.trim()))
}

/// Whether a URL has a password, before its host or as a parameter.
fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_with_a_password_are_secret() {
        let check = |url: &str, expected: bool| assert_eq!(has_password(url), expected, "{url}");
        check("sqlite:shop.db", false);
        check("sqlite://shop.db", false);
        check("postgres://shop@db/shop", false);
        check("postgres://db:5432/shop", false);
        check("postgres://shop:pw@db/shop", true);
        check("postgres://shop:p@w@db/shop", true);
        check("postgres://db/shop?user=shop&password=pw", true);
    }
}
