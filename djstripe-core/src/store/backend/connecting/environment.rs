//! What a URL leaves out and PostgreSQL's environment variables or its password file have.

use std::path::PathBuf;

use tokio_postgres::config::Host;

use super::password_file;
use crate::store::error::StoreError;

/// The port of a URL without one.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// An environment variable that is set and not empty.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Adds what the URL leaves out and the environment has.
pub(super) fn complete(
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
        for port in ports(environment, places(config))? {
            config.port(port);
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

/// The ports of `PGPORT` for this number of hosts: one for all of them, or one for each, which may be
/// empty. None if the variable isn't set.
pub(super) fn ports(environment: Environment<'_>, hosts: usize) -> Result<Vec<u16>, StoreError> {
    let Some(text) = environment("PGPORT") else {
        return Ok(Vec::new());
    };
    let port = |port: &str| match port.trim() {
        "" => Ok(DEFAULT_PORT),
        port => port.parse().map_err(|_| refused("PGPORT", "it is no port")),
    };
    let ports: Vec<u16> = text.split(',').map(port).collect::<Result<_, _>>()?;
    match ports.as_slice() {
        [port] => Ok(vec![*port; hosts]),
        ports if ports.len() == hosts => Ok(ports.to_vec()),
        _ => Err(refused(
            "PGPORT",
            "it has ports for another number of hosts",
        )),
    }
}

/// How many hosts there are.
fn places(config: &tokio_postgres::Config) -> usize {
    config.get_hosts().len().max(config.get_hostaddrs().len())
}

/// Adds the password of `PGPASSWORD` or, without one, of the password file.
pub(super) fn add_password(
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

    let Some(text) = password_file::read(&file) else {
        return;
    };

    let user = match config.get_user() {
        Some(user) => user.to_owned(),
        // As tokio-postgres names itself to the server.
        None => whoami::username().unwrap_or_default(),
    };
    let database = config.get_dbname().unwrap_or(&user);
    let password = (0..places(config)).find_map(|place| {
        let hosts = match config.get_hosts().get(place) {
            Some(Host::Tcp(host)) => vec![host.clone()],
            // Which folder has the name `localhost` depends on how libpq is built.
            #[cfg(unix)]
            Some(Host::Unix(folder)) => vec![folder.display().to_string(), "localhost".to_owned()],
            None => vec![config.get_hostaddrs().get(place)?.to_string()],
        };
        let ports = config.get_ports();
        let port = ports.get(place).or(ports.first()).copied();
        let port = port.unwrap_or(DEFAULT_PORT).to_string();
        password_file::password(&text, &hosts, [&port, database, &user])
    });
    if let Some(password) = password {
        config.password(password);
    }
}

/// The error for a setting that can't be obeyed.
pub(super) fn refused(setting: &'static str, why: &'static str) -> StoreError {
    StoreError::PostgresSetting { setting, why }
}
