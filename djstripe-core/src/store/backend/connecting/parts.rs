//! The parts of a PostgreSQL URL, to leave out parameters and to add ports.

/// The parts of a URL, as tokio-postgres takes it apart.
pub(super) struct Parts<'u> {
    scheme: &'u str,
    /// With its `@`.
    user: &'u str,
    hosts: &'u str,
    /// With its `/`.
    database: &'u str,
    pub(super) query: &'u str,
}

impl<'u> Parts<'u> {
    pub(super) fn of(url: &'u str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
        // Everything up to the first `@` is a user and a password.
        let (user, rest) = rest.split_at(rest.find('@').map_or(0, |at| at + 1));
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, database) = address.split_at(address.find('/').unwrap_or(address.len()));
        Self {
            scheme,
            user,
            hosts,
            database,
            query,
        }
    }

    /// How many hosts there are, if one of them has no port.
    pub(super) fn hosts_without_ports(&self) -> Option<usize> {
        let lacks_port = |host: &str| !host.is_empty() && !has_port(host);
        let mut hosts = self.hosts.split(',');
        hosts.any(lacks_port).then(|| self.hosts.split(',').count())
    }

    /// The URL with these parameters. Hosts without a port get the one in their place.
    pub(super) fn with(&self, parameters: Vec<&str>, ports: &[u16]) -> String {
        let hosts = self.hosts.split(',').enumerate();
        let hosts = hosts.map(|(place, host)| match ports.get(place) {
            Some(port) if !host.is_empty() && !has_port(host) => format!("{host}:{port}"),
            _ => host.to_owned(),
        });
        let hosts: Vec<String> = hosts.collect();
        let separator = if parameters.is_empty() { "" } else { "?" };
        let Self {
            scheme,
            user,
            database,
            ..
        } = self;
        format!(
            "{scheme}://{user}{}{database}{separator}{}",
            hosts.join(","),
            parameters.join("&")
        )
    }
}

fn has_port(host: &str) -> bool {
    // An IPv6 address is in brackets.
    host.rsplit(']').next().unwrap_or(host).contains(':')
}
