//! The fake Stripe over HTTP, as a client sees it.

mod account;
mod deliver;
mod destinations;
mod fault;
mod flows;
mod list;
mod read;
#[cfg(feature = "sqlite")]
mod slow_body;
mod thin;
mod write;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{FakeStripe, http_client};

/// A response of the fake Stripe.
struct TestResponse {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl TestResponse {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The ids of a list.
    fn ids(&self) -> Vec<&str> {
        let items = self.body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("not a list: {}", self.body));
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect()
    }

    /// The status, the code and the parameter of an error.
    fn error(&self) -> (u16, Option<&str>, Option<&str>) {
        (
            self.status,
            self.body["error"]["code"].as_str(),
            self.body["error"]["param"].as_str(),
        )
    }
}

/// Sends a request with these headers, and with the handle's key unless they have one.
async fn send(
    stripe: &FakeStripe,
    method: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> reqwest::Result<TestResponse> {
    let url = format!("{}{path}", stripe.base_url());
    let mut request = http_client()
        .request(method.parse().unwrap(), url)
        .body(body.to_owned());
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        request = request.bearer_auth(stripe.api_key());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await?;

    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    Ok(TestResponse {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    })
}

async fn get(stripe: &FakeStripe, path: &str) -> TestResponse {
    send(stripe, "GET", path, "", &[]).await.unwrap()
}

async fn post(stripe: &FakeStripe, path: &str, body: &str) -> TestResponse {
    send(stripe, "POST", path, body, &[]).await.unwrap()
}

async fn delete(stripe: &FakeStripe, path: &str) -> TestResponse {
    send(stripe, "DELETE", path, "", &[]).await.unwrap()
}
