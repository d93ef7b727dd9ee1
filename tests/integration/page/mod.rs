//! The operator's page over HTTP, as browsers, proxies and strangers request it. Mostly on both backends.

mod access;
mod changes;
pub(crate) mod hostile;
mod prefix;
mod program;
mod redact;
mod views;

use std::collections::HashMap;

use axum::{Extension, Router};
use djstripe_core::page::{self, Access, AccessSource, Operator};
use djstripe_core::store::{EventState, Timestamp};
use djstripe_core::{BoxError, Builder, Db, Djstripe, stripe_receiver};
use djstripe_tests::delivery::signed;
use djstripe_tests::{TestDatabase, registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const SECRET: &str = "whsec_page";

/// Views that need no field.
pub(crate) const VIEWS: [&str; 12] = [
    "/",
    "/events",
    "/effects",
    "/objects",
    "/rows?type=customer",
    "/receivers",
    "/refused",
    "/endpoints",
    "/runs",
    "/database",
    "/audit",
    "/find?q=nothing",
];

/// Fails until the object says that it may be shipped.
#[stripe_receiver("product.updated", id = "page::ship")]
async fn ship(event: djstripe_core::Event, mut db: Db<'_>) -> Result<(), BoxError> {
    if event.json().contains("out of stock") {
        return Err(format!("no stock for {}", event.id()).into());
    }
    db.after_commit("page_note", &event.id()).await?;
    Ok(())
}

/// Looks at what changed, and is skipped otherwise.
#[stripe_receiver("product.updated", id = "page::rename", when(changed("name")))]
async fn rename(_db: Db<'_>) {}

/// An answer to a request.
struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The answer, whose body has this text.
    #[track_caller]
    fn has(self, text: &str) -> Self {
        assert!(self.body.contains(text), "{text}: {}", self.body);
        self
    }

    #[track_caller]
    fn lacks(self, text: &str) -> Self {
        assert!(!self.body.contains(text), "{text}: {}", self.body);
        self
    }
}

/// A server with the page at `/`.
pub(crate) struct Server {
    pub(crate) app: Djstripe,
    pub(crate) address: String,
    prefix: String,
}

fn builder(database: &TestDatabase) -> Builder {
    let is_wanted =
        |id: &str| id.starts_with("djstripe::") && id != "djstripe::x" || id.starts_with("page::");
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .receivers(registry::receivers(is_wanted))
        .effect("page_note", async |_| Ok::<(), BoxError>(()))
        .retry_schedule([])
}

impl Server {
    /// The page of the application with this access.
    pub(crate) async fn start(app: Djstripe, access: Access) -> Self {
        let operator = Operator::new("ann", access);
        let page = page::router(app.clone(), AccessSource::Extension).layer(Extension(operator));
        Self::of(app, page, "").await
    }

    pub(crate) async fn of(app: Djstripe, routes: Router, prefix: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            app,
            address,
            prefix: prefix.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Sends a form as a browser sends one of the page's own.
    async fn post(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let headers = [("Sec-Fetch-Site", "same-origin")];
        self.send("POST", path, &headers, &form(fields)).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.prefix,
            self.address,
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!("{head}\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();

        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Answer {
            status: status.parse().unwrap(),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    /// Delivers an event.
    pub(crate) async fn deliver(&self, body: &str) {
        self.app.receive(signed(body, SECRET)).await.unwrap();
    }

    pub(crate) async fn state(&self, id: &str) -> EventState {
        self.app.store().event(id).await.unwrap().unwrap().0.state
    }

    /// The newest action of the audit: who, what, and of what.
    async fn last_action(&self) -> (String, String, String) {
        let action = self.app.store().actions(None, 1).await.unwrap().remove(0);
        (action.actor, action.action, action.subject)
    }
}

fn form(fields: &[(String, String)]) -> String {
    let fields = fields.iter();
    let fields = fields.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    fields.collect::<Vec<_>>().join("&")
}

pub(crate) fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (byte as char).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// The fields that a browser would send of the form with this address, and of its button with this value,
/// which is empty if it has none. Boxes are not checked.
fn fields_of(html: &str, action: &str, button: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        let (value, _) = rest.split_once('"')?;
        let value = value.replace("&quot;", "\"").replace("&lt;", "<");
        Some(value.replace("&gt;", ">").replace("&amp;", "&"))
    };
    let forms = html.split("<form").skip(1);
    let forms = forms.map(|form| form.split("</form>").next().unwrap());
    let wanted = format!("action=\"./{action}\"");
    let value = format!("value=\"{button}\"");
    let form = forms
        .filter(|form| form.contains(&wanted))
        .find(|form| {
            form.split("<button")
                .skip(1)
                .any(|it| button.is_empty() || it.contains(&value))
        })
        .unwrap_or_else(|| panic!("no form {action} with {button}: {html}"));

    let inputs = form.split("<input").skip(1);
    let inputs = inputs.map(|tag| tag.split('>').next().unwrap());
    let sent = inputs.filter(|tag| !tag.contains("type=\"checkbox\""));
    let sent = sent.filter(|tag| !tag.contains("type=\"radio\"") || tag.contains(" checked"));
    let mut fields: Vec<(String, String)> = sent
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect();
    if !button.is_empty() {
        fields.push(("change".to_owned(), button.to_owned()));
    }
    fields
}

/// An event about a product.
pub(crate) fn product_event(id: &str, product: &str, description: &str) -> String {
    format!(
        r#"{{"id":"{id}","object":"event","type":"product.updated","created":1700000000,"livemode":false,
            "api_version":"2020-08-27","request":{{"id":"req_{id}","idempotency_key":"key_{id}"}},
            "data":{{"object":{{"id":"{product}","object":"product","created":1600000000,"livemode":false,
                "name":"Lamp of Ann","description":"{description}","metadata":{{"order":"7"}},
                "price":12345678901234567890.50}},
                "previous_attributes":{{"description":"before","active":false}}}}}}"#
    )
}

/// Whether it was within the last minute.
fn is_recent(time: Timestamp) -> bool {
    Timestamp::now().micros() - time.micros() < 60_000_000
}
