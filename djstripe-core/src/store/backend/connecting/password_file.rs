//! PostgreSQL's password file: one line for each `host:port:database:user:password`, where `*`
//! stands for anything, and `\` before `:` and `\`.
//!
//! Source: [The password file](https://www.postgresql.org/docs/current/libpq-pgpass.html).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The text of the file. A file that others may read is not used, which the log says.
pub(super) fn read(path: &Path) -> Option<String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                tracing::warn!(path = %path.display(), %error, "the password file can't be read");
            }
            return None;
        }
    };
    if may_be_read_by_others(path) {
        tracing::warn!(
            path = %path.display(),
            "the password file is not used: others may read it; `chmod 0600` it"
        );
        return None;
    }
    Some(text)
}

/// The password for a host, by any of its names, and this port, database and user: that of the first
/// line that fits.
pub(super) fn password(text: &str, hosts: &[String], wanted: [&str; 3]) -> Option<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(fields).find_map(|fields| {
        let [host, port, database, user, password] = &fields[..] else {
            return None;
        };
        let place = [port, database, user];
        let is_wanted = (host == "*" || hosts.contains(host))
            && place
                .iter()
                .zip(wanted)
                .all(|(field, wanted)| field.as_str() == "*" || field.as_str() == wanted);
        is_wanted.then(|| password.clone())
    })
}

/// The fields of a line. The last one may contain colons.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => letters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(letter);
        }
    }
    fields
}

#[cfg(unix)]
fn may_be_read_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn may_be_read_by_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let check = |text: &str, expected: Option<&str>| {
            let hosts = ["/run".to_owned(), "db.example".to_owned()];
            let found = password(text, &hosts, ["5432", "shop", "ann"]);
            assert_eq!(found.as_deref(), expected, "{text}");
        };

        check("db.example:5432:shop:ann:secret", Some("secret"));
        check("*:*:*:*:any\n*:*:*:ann:late", Some("any"));
        check("db.example:5433:shop:ann:no\n*:5432:*:*:yes", Some("yes"));
        check("# *:*:*:*:no\r\n*:*:*:ann:yes\r\n", Some("yes"));
        check(r"*:*:*:*:a\:b\\c:d", Some(r"a:b\c:d"));
        check("*:*:*:*:", Some(""));
        check("*:*:*:ann", None);
        check(r"db\.example:*:shop:*:x", Some("x"));
        check("other:5432:shop:ann:no", None);
        check("db.example:*:*:*:first\n/run:*:*:*:second", Some("first"));
        check("", None);
    }
}
