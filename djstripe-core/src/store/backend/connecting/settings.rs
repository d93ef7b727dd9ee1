//! A PostgreSQL URL, completed by PostgreSQL's own environment variables and its password file.
//!
//! In: the URL and the environment. Out: the configuration of tokio-postgres, and what it doesn't
//! know: how certificates are checked. What can't be done is refused, never ignored.
//!
//! Source: [libpq's parameters](https://www.postgresql.org/docs/current/libpq-connect.html).

use percent_encoding::percent_decode_str;
use tokio_postgres::config::SslMode;

use super::environment::{Environment, add_password, complete, ports, refused};
use super::parts::Parts;
use crate::store::error::StoreError;

/// A PostgreSQL URL, read.
pub(super) struct Settings {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: TlsSettings,
}

/// Whose certificates are accepted, and which one is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    /// Who signed it.
    Chain,
    /// Who signed it, and that it is for the host that the URL names.
    ChainAndName,
}

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

        let ports = match parts.hosts_without_ports() {
            Some(hosts) => ports(environment, hosts)?,
            None => Vec::new(),
        };
        let text = parts.with(kept, &ports);
        let mut config = parse(&text, url)?;
        config.ssl_mode(mode.in_tokio_postgres());
        complete(&mut config, environment)?;
        if config.get_password().is_none_or(<[u8]>::is_empty) {
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

        // One port for each host.
        let two = [("PGHOST", "a,b"), ("PGPORT", "6432,")];
        let none = "None None None";
        check(
            "postgres://",
            &two,
            &format!(r#"[Tcp("a"), Tcp("b")] [6432, 5432] {none}"#),
        );
        check(
            "postgres://c,d:7",
            &two,
            &format!(r#"[Tcp("c"), Tcp("d")] [6432, 7] {none}"#),
        );
        check("postgres://c:7", &two, &format!(r#"[Tcp("c")] [7] {none}"#));
        for url in ["postgres://c", "postgres:///?host=/run"] {
            let error = read(url, &two).map(drop).unwrap_err().to_string();
            assert!(error.starts_with("`PGPORT` of"), "{error}");
        }

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
        let me = whoami::username().unwrap();
        let lines = [
            "h:5432:d:ann:first",
            &format!("h:5432:{me}:{me}:mine"),
            "/run:5432:d:ann:folder",
            "localhost:5432:d:ann:local",
            "*:*:*:*:any",
        ];
        std::fs::write(&path, lines.join("\n")).unwrap();
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
        check("postgres://h", &[("HOME", &home)], Some("mine"));
        let socket = "postgres://ann@/d?host=/run";
        check(socket, &[("HOME", &home)], Some("folder"));
        let socket = "postgres://ann@/d?host=/tmp";
        check(socket, &[("HOME", &home)], Some("local"));
        check("postgres://ann:@h/d", &[("HOME", &home)], Some("first"));
        check("postgres://ann:own@h/d", &[("HOME", &home)], Some("own"));
        let both = [("HOME", &*home), ("PGPASSWORD", "variable")];
        check("postgres://ann@h/d", &both, Some("variable"));
        check("postgres://ann@h/d", &[], None);
        allow(0o644);
        check("postgres://ann@h/d", &[("HOME", &home)], None);
    }
}
