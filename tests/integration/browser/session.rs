//! A window of a browser, driven over HTTP as WebDriver says. The handful of commands that are needed here
//! take less than a client's dependencies would.
//!
//! Ref: <https://www.w3.org/TR/webdriver2/>

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chromium::{Driver, chromium, picture};

/// The key of an element's reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The parts of a document that make it wider than its window. A table scrolls within itself.
const WIDEST: &str = "
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const all = [...document.querySelectorAll('body *')].filter((it) => !it.closest('.wide *'));
    const wide = all.filter((it) => it.getBoundingClientRect().right > innerWidth);
    return ['wider', ...wide.map((it) => it.outerHTML.slice(0, 80))];";
/// How long a page may take to be loaded or refreshed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Keys.
pub(super) const TAB: &str = "\u{e004}";
pub(super) const ENTER: &str = "\u{e007}";

/// How a window shows a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) width: u32,
    pub(super) scheme: &'static str,
    pub(super) has_scripts: bool,
}

impl Look {
    /// As on a telephone or a desk, light or dark.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let widths = [1280, 390].into_iter();
        widths.flat_map(|width| {
            ["light", "dark"].map(|scheme| Self {
                width,
                scheme,
                has_scripts: true,
            })
        })
    }

    fn height(self) -> u32 {
        if self.width < 600 { 844 } else { 800 }
    }
}

impl std::fmt::Display for Look {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}", self.width, self.scheme)?;
        formatter.write_str(if self.has_scripts { "" } else { "-nojs" })
    }
}

/// A browser with one window.
pub(super) struct Session {
    http: reqwest::Client,
    url: String,
    _driver: Driver,
}

impl Session {
    pub(super) async fn start() -> Self {
        let driver = tokio::task::block_in_place(Driver::start);
        let http = djstripe_core::testing::http_client();
        let options = json!({
            "binary": chromium(),
            "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        });
        let capabilities = json!({
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let started = send(&http, "POST", format!("{}/session", driver.url()), &wanted).await;
        let id = started["sessionId"].as_str().unwrap();
        Self {
            http,
            url: format!("{}/session/{id}", driver.url()),
            _driver: driver,
        }
    }

    /// The value that a command answers.
    pub(super) async fn command(&self, path: &str, body: Value) -> Value {
        send(&self.http, "POST", format!("{}/{path}", self.url), &body).await
    }

    async fn ask(&self, path: &str) -> Value {
        send(
            &self.http,
            "GET",
            format!("{}/{path}", self.url),
            &Value::Null,
        )
        .await
    }

    /// Opens an address, and waits until it is loaded.
    pub(super) async fn open(&self, url: &str) {
        self.command("url", json!({ "url": url })).await;
    }

    /// What a script returns, which isn't subject to the page's policy.
    pub(super) async fn run(&self, script: &str) -> Value {
        let body = json!({ "script": script, "args": [] });
        self.command("execute/sync", body).await
    }

    /// What a script gives to its last argument, a function.
    pub(super) async fn run_async(&self, script: &str) -> Value {
        let body = json!({ "script": script, "args": [] });
        self.command("execute/async", body).await
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({ "cmd": command, "params": parameters });
        self.command("goog/cdp/execute", body).await;
    }

    /// Shows this and the next pages so.
    pub(super) async fn look(&self, look: Look) {
        let metrics = json!({
            "width": look.width, "height": look.height(), "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        // Without transitions: a color would be read on its way to another one.
        let features = json!([
            { "name": "prefers-color-scheme", "value": look.scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
        let scripts = json!({ "value": !look.has_scripts });
        self.devtools("Emulation.setScriptExecutionDisabled", scripts)
            .await;
    }

    /// Clicks the first element with this path, and waits for the page that it leads to.
    pub(super) async fn click(&self, path: &str) {
        let found = json!({ "using": "xpath", "value": path });
        let element = self.command("element", found).await;
        let element = element[ELEMENT].as_str().unwrap().to_owned();
        self.command(&format!("element/{element}/click"), json!({}))
            .await;
    }

    /// Presses a key.
    pub(super) async fn press(&self, key: &str) {
        let keys = ["keyDown", "keyUp"].map(|it| json!({ "type": it, "value": key }));
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": keys }]);
        self.command("actions", json!({ "actions": actions })).await;
    }

    /// Minimizes the window.
    pub(super) async fn hide(&self) {
        self.command("window/minimize", json!({})).await;
    }

    /// Shows a minimized window.
    pub(super) async fn show(&self) {
        let size = json!({ "width": 1280, "height": 800 });
        self.command("window/rect", size).await;
    }

    pub(super) async fn title(&self) -> String {
        self.ask("title").await.as_str().unwrap().to_owned()
    }

    /// The text of the content as it is seen.
    pub(super) async fn text(&self) -> String {
        let script = "return document.querySelector('main')?.innerText ?? ''";
        self.run(script).await.as_str().unwrap().to_owned()
    }

    /// Waits until the page's content has this text.
    pub(super) async fn has(&self, text: &str) {
        let start = Instant::now();
        loop {
            let seen = self.text().await;
            if seen.contains(text) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{text}: {seen}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The page is no wider than its window.
    pub(super) async fn fits(&self, what: &str) {
        let widest = self.run(WIDEST).await;
        assert_eq!(widest, json!([]), "{what}");
    }

    /// The page fits its window, and nothing in it was refused or failed.
    pub(super) async fn is_sound(&self, what: &str) {
        self.fits(what).await;
        let log = self.command("se/log", json!({ "type": "browser" })).await;
        assert_eq!(log, json!([]), "{what}");
    }

    /// Writes a picture of the window below `target`.
    pub(super) async fn take_picture(&self, name: &str) {
        let picture_text = self.ask("screenshot").await;
        let bytes = STANDARD.decode(picture_text.as_str().unwrap()).unwrap();
        fs::write(picture(name), bytes).unwrap();
    }
}

/// # Panics
/// If the browser answers with an error, such as a dialog that the page has opened.
async fn send(http: &reqwest::Client, method: &str, url: String, body: &Value) -> Value {
    let request = match method {
        "GET" => http.get(&url),
        _ => http.post(&url).body(body.to_string()),
    };
    let answer = request.send().await.unwrap();
    let is_done = answer.status().is_success();
    let mut answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert!(is_done, "{url}: {}", answer["value"]["message"]);
    answer["value"].take()
}
