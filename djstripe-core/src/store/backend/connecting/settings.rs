//! A PostgreSQL URL, completed by PostgreSQL's own environment variables and its password file.
//!
//! In: the URL and the environment. Out: the configuration of tokio-postgres, and what it doesn't
//! know: how certificates are checked. What can't be done is refused, never ignored.
//!
//! Source: [libpq's parameters](https://www.postgresql.org/docs/current/libpq-connect.html).

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};

use super::parts::Parts;
use super::password_file;
use crate::store::error::StoreError;

/// A PostgreSQL URL, read.
pub(super) struct Settings {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: TlsSettings,
}

/// Whose certificates are accepted, and which one is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub(super) check: Check,
    /// File of the certificates of authorities; `None`: Mozilla's list.
    pub(super) roots: Option<String>,
    /// Files of the client's certificate and of its key.
    pub(super) client: Option<(String, String)>,
    /// `sslverify=off`.
    pub(super) is_verification_off: bool,
}

/// What is checked of the server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Check {
    #[default]
    Nothing,
    /// Who signed it.
    Chain,
    /// Who signed it, and that it is for the host that the URL names.
    ChainAndName,
}

/// The port of a URL without one.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// The parameters that tokio-postgres doesn't know, and the variables that stand in for them.
const OWN: [(&str, &str); 7] = [
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslverify", ""),
    ("gssencmode", "PGGSSENCMODE"),
    ("passfile", "PGPASSFILE"),
];

/// Parameters of libpq that can't be obeyed, and why.
const REFUSED: [(&str, &str); 5] = [
    (
        "service",
        "service files are not read; write what the service says into the URL",
    ),
    (
        "sslpassword",
        "an encrypted key can't be read; decrypt the file `sslkey`",
    ),
    ("sslcrl", "lists of revoked certificates are not checked"),
    ("sslcrldir", "lists of revoked certificates are not checked"),
    (
        "krbsrvname",
        "GSSAPI is not built in; use a password or a client certificate",
    ),
];

/// An environment variable that is set and not empty.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

impl Settings {
    pub(super) fn read(url: &str, environment: Environment<'_>) -> Result<Self, StoreError> {
        let parts = Parts::of(url);
        let mut own = [const { None }; OWN.len()];
        let mut kept = Vec::new();
        for parameter in parts.query.split('&').filter(|it| !it.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if let Some((name, why)) = REFUSED.iter().find(|(name, _)| *name == key) {
                return Err(refused(name, why));
            }
            match OWN.iter().position(|(name, _)| *name == key) {
                Some(place) => own[place] = Some(decoded(value)),
                None => kept.push(parameter),
            }
        }
        for (value, (_, variable)) in own.iter_mut().zip(OWN) {
            if value.is_none() && !variable.is_empty() {
                *value = environment(variable);
            }
        }
        let [mode, roots, certificate, key, verify, gss, password_file] = own;

        if gss.as_deref() == Some("require") {
            let why = "GSSAPI is not built in; use TLS, `sslmode=require`";
            return Err(refused("gssencmode=require", why));
        }
        let mode = SslModeName::parse(mode.as_deref().unwrap_or("prefer"))?;
        let client = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(refused("sslcert", "name the file of its key too, `sslkey`"));
            }
            (None, Some(_)) => {
                return Err(refused("sslkey", "name its certificate too, `sslcert`"));
            }
        };
        let tls = mode.tls(roots.filter(|file| file != "system"), client, &verify)?;

        let text = parts.with(kept, environment("PGPORT").as_deref());
        let mut config = parse(&text, url)?;
        config.ssl_mode(mode.in_tokio_postgres());
        complete(&mut config, environment)?;
        if config.get_password().is_none() {
            add_password(&mut config, password_file, environment);
        }
        Ok(Self { config, tls })
    }
}

/// The values of `sslmode`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SslModeName {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslModeName {
    fn parse(name: &str) -> Result<Self, StoreError> {
        match name {
            "disable" => Ok(Self::Disable),
            // Both encrypt if the server lets them, and promise nothing.
            "allow" | "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(refused(
                "sslmode",
                "it is one of disable, allow, prefer, require, verify-ca and verify-full",
            )),
        }
    }

    fn in_tokio_postgres(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa | Self::VerifyFull => SslMode::Require,
        }
    }

    fn tls(
        self,
        roots: Option<String>,
        client: Option<(String, String)>,
        verify: &Option<String>,
    ) -> Result<TlsSettings, StoreError> {
        let is_verification_off = match verify.as_deref() {
            None | Some("on") => false,
            Some("off") if self == Self::Require => true,
            Some("off") => {
                let why = "it goes with `sslmode=require` only";
                return Err(refused("sslverify=off", why));
            }
            Some(_) => return Err(refused("sslverify", "it is `on` or `off`")),
        };
        let check = match self {
            Self::Disable | Self::Prefer => Check::Nothing,
            Self::Require if is_verification_off => Check::Nothing,
            // Anybody can have a certificate of an authority on Mozilla's list.
            Self::VerifyCa if roots.is_some() => Check::Chain,
            Self::Require | Self::VerifyCa | Self::VerifyFull => Check::ChainAndName,
        };
        Ok(TlsSettings {
            check,
            roots,
            client,
            is_verification_off,
        })
    }
}

fn parse(text: &str, url: &str) -> Result<tokio_postgres::Config, StoreError> {
    text.parse().map_err(|error: tokio_postgres::Error| {
        // If the password contains a stray `@`, its remainder is parsed as an option, which the
        // error quotes.
        StoreError::InvalidUrl((url.matches('@').count() <= 1).then(|| error.into()))
    })
}

/// Adds what the URL leaves out and the environment has.
fn complete(
    config: &mut tokio_postgres::Config,
    environment: Environment<'_>,
) -> Result<(), StoreError> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let hosts = environment("PGHOST").ok_or(StoreError::NoHost)?;
        for host in hosts.split(',') {
            config.host(host);
        }
    }
    if config.get_ports().is_empty() {
        for port in environment("PGPORT").iter().flat_map(|it| it.split(',')) {
            config.port(
                port.parse()
                    .map_err(|_| refused("PGPORT", "it is no port"))?,
            );
        }
    }
    if config.get_user().is_none_or(str::is_empty)
        && let Some(user) = environment("PGUSER")
    {
        config.user(user);
    }
    if config.get_dbname().is_none()
        && let Some(database) = environment("PGDATABASE")
    {
        config.dbname(database);
    }
    Ok(())
}

/// Adds the password of `PGPASSWORD` or, without one, of the password file.
fn add_password(
    config: &mut tokio_postgres::Config,
    file: Option<String>,
    environment: Environment<'_>,
) {
    if let Some(password) = environment("PGPASSWORD") {
        config.password(password);
        return;
    }
    let file = match file {
        Some(file) => PathBuf::from(file),
        None => match environment("HOME") {
            Some(home) => PathBuf::from(home).join(".pgpass"),
            None => return,
        },
    };

    let user = config.get_user().unwrap_or_default().to_owned();
    let database = config.get_dbname().unwrap_or(&user).to_owned();
    let places = config.get_hosts().len().max(config.get_hostaddrs().len());
    let password = (0..places).find_map(|place| {
        let host = match config.get_hosts().get(place) {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(_)) => "localhost".to_owned(),
            None => config.get_hostaddrs().get(place)?.to_string(),
        };
        let ports = config.get_ports();
        let port = ports.get(place).or(ports.first()).copied();
        let port = port.unwrap_or(DEFAULT_PORT).to_string();
        password_file::find(&file, [&host, &port, &database, &user])
    });
    if let Some(password) = password {
        config.password(password);
    }
}

fn refused(setting: &'static str, why: &'static str) -> StoreError {
    StoreError::PostgresSetting { setting, why }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::describe;

    fn read(url: &str, variables: &[(&str, &str)]) -> Result<Settings, StoreError> {
        Settings::read(url, &|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_mode_says_what_is_checked() {
        let check = |query: &str, mode: SslMode, expected: Check, roots: Option<&str>| {
            let settings = read(&format!("postgres://u:p?w@h/d{query}"), &[]).unwrap();
            assert_eq!(settings.config.get_ssl_mode(), mode, "{query}");
            assert_eq!(settings.tls.check, expected, "{query}");
            assert_eq!(settings.tls.roots.as_deref(), roots, "{query}");
        };

        use Check::{Chain, ChainAndName, Nothing};
        use SslMode::{Disable, Prefer, Require};
        check("", Prefer, Nothing, None);
        check("?sslmode=disable", Disable, Nothing, None);
        check("?sslmode=allow", Prefer, Nothing, None);
        check("?sslmode=prefer&gssencmode=prefer", Prefer, Nothing, None);
        check("?sslmode=require", Require, ChainAndName, None);
        check("?sslmode=require&sslverify=off", Require, Nothing, None);
        check("?sslmode=verify-full", Require, ChainAndName, None);
        let file = Some("/etc/my ca.pem");
        let roots = "sslrootcert=/etc/my%20ca.pem";
        check(
            &format!("?sslmode=require&{roots}"),
            Require,
            ChainAndName,
            file,
        );
        check(&format!("?sslmode=verify-ca&{roots}"), Require, Chain, file);
        check(
            &format!("?{roots}&sslmode=verify-full&options=x"),
            Require,
            ChainAndName,
            file,
        );
        // With Mozilla's list, the name is all that tells one server from another.
        check("?sslmode=verify-ca", Require, ChainAndName, None);
        check(
            "?sslmode=verify-ca&sslrootcert=system",
            Require,
            ChainAndName,
            None,
        );
    }

    #[test]
    fn what_can_not_be_obeyed_is_refused() {
        let check = |query: &str, named: &str, why: &str| {
            let error = read(&format!("postgres://h/d?{query}"), &[]).map(drop);
            let error = describe(&error.unwrap_err());
            let expected = format!("`{named}` of the PostgreSQL URL can't be obeyed: ");
            assert!(
                error.starts_with(&expected) && error.contains(why),
                "{error}"
            );
        };

        check("gssencmode=require", "gssencmode=require", "use TLS");
        check("sslmode=strict", "sslmode", "verify-full");
        check("sslverify=off", "sslverify=off", "`sslmode=require` only");
        check("sslmode=verify-ca&sslverify=off", "sslverify=off", "only");
        check("sslmode=require&sslverify=no", "sslverify", "`on` or `off`");
        check("sslcert=c.pem", "sslcert", "`sslkey`");
        check("sslkey=k.pem", "sslkey", "`sslcert`");
        check("sslcert=c&sslkey=k&sslpassword=x", "sslpassword", "decrypt");
        check("sslcrl=x.pem", "sslcrl", "revoked");
        check("service=shop", "service", "into the URL");
    }

    #[test]
    fn variables_complete_the_url() {
        let check = |url: &str, variables: &[(&str, &str)], expected: &str| {
            let config = read(url, variables).unwrap().config;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let actual = format!(
                "{:?} {:?} {:?} {:?} {:?}",
                config.get_hosts(),
                config.get_ports(),
                config.get_user(),
                config.get_dbname(),
                config.get_password().map(text),
            );
            assert_eq!(actual, expected, "{url}");
        };

        let all = [
            ("PGHOST", "there"),
            ("PGPORT", "6432"),
            ("PGUSER", "ann"),
            ("PGDATABASE", "shop"),
            ("PGPASSWORD", "secret"),
        ];
        check(
            "postgres://",
            &all,
            r#"[Tcp("there")] [6432] Some("ann") Some("shop") Some("secret")"#,
        );
        check(
            "postgres://here",
            &all,
            r#"[Tcp("here")] [6432] Some("ann") Some("shop") Some("secret")"#,
        );
        check(
            "postgres://bob:own@here:5433,[::1]/d",
            &all,
            r#"[Tcp("here"), Tcp("::1")] [5433, 6432] Some("bob") Some("d") Some("own")"#,
        );
        check(
            "postgres:///?host=/run",
            &all,
            r#"[Unix("/run")] [6432] Some("ann") Some("shop") Some("secret")"#,
        );
        check("postgres://h", &[], r#"[Tcp("h")] [5432] None None None"#);

        let mode = |url: &str| read(url, &[("PGSSLMODE", "disable")]).unwrap().config;
        assert_eq!(mode("postgres://h").get_ssl_mode(), SslMode::Disable);
        let own = mode("postgres://h?sslmode=prefer");
        assert_eq!(own.get_ssl_mode(), SslMode::Prefer);

        let error = read("postgres:///d", &[]).map(drop).unwrap_err();
        assert!(matches!(error, StoreError::NoHost), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn the_password_file_is_for_a_url_without_a_password() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".pgpass");
        std::fs::write(&path, "h:5432:d:ann:first\n*:*:*:*:any\n").unwrap();
        let allow = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, permissions).unwrap();
        };
        let (file, home) = (
            path.display().to_string(),
            folder.path().display().to_string(),
        );
        let check = |url: &str, variables: &[(&str, &str)], expected: Option<&str>| {
            let config = read(url, variables).unwrap().config;
            assert_eq!(config.get_password(), expected.map(str::as_bytes), "{url}");
        };

        allow(0o600);
        check("postgres://ann@h/d", &[("HOME", &home)], Some("first"));
        check(
            "postgres://ann@h/d",
            &[("PGPASSFILE", &file)],
            Some("first"),
        );
        check(
            &format!("postgres://bob@h/d?passfile={file}"),
            &[],
            Some("any"),
        );
        check("postgres://ann@h:1/d", &[("HOME", &home)], Some("any"));
        check("postgres://ann:own@h/d", &[("HOME", &home)], Some("own"));
        let both = [("HOME", &*home), ("PGPASSWORD", "variable")];
        check("postgres://ann@h/d", &both, Some("variable"));
        check("postgres://ann@h/d", &[], None);
        allow(0o644);
        check("postgres://ann@h/d", &[("HOME", &home)], None);
    }
}
