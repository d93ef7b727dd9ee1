//! Encoding of a [`Request`].
//!
//! In: types of object, ids and parameters. Out: paths, URLs and bodies, or the error.

use serde_json::json;

use super::*;

#[test]
fn parameters_are_encoded_as_stripe_reads_them() {
    let check = |params: Value, expected: &str| {
        let request = Request::new(Method::Post, "/v1/customers").params(params);
        assert_eq!(request.body().as_deref(), Some(expected));
    };

    check(json!({}), "");
    check(
        json!({ "email": "a+b@c.de", "name": "A & B" }),
        "email=a%2Bb@c.de&name=A+%26+B",
    );
    check(json!({ "a": { "b": { "c": 1 } } }), "a[b][c]=1");
    check(
        json!({ "items": [{ "price": "p_1" }, { "price": "p_2" }] }),
        "items[0][price]=p_1&items[1][price]=p_2",
    );
    check(
        json!({ "flag": true, "empty": "", "amount": -1.5 }),
        "amount=-1.5&empty=&flag=true",
    );
}

#[test]
fn below_v2_the_body_is_json_and_a_query_is_not() {
    let check = |method: Method, path: &str, expected: (Option<&str>, &str, &str)| {
        let names = json!({ "include": ["webhook_endpoint.url"], "limit": 1 });
        let request = Request::new(method, path).params(names);
        let url = request.url(&Url::parse("https://stripe.test").unwrap());

        let (body, content_type, query) = expected;
        assert_eq!(request.body().as_deref(), body, "{path}");
        assert_eq!(request.content_type(), content_type, "{path}");
        assert_eq!(url.query().unwrap_or_default(), query, "{path}");
    };

    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let encoded = "include[0]=webhook_endpoint.url&limit=1";
    let as_json = r#"{"include":["webhook_endpoint.url"],"limit":1}"#;
    check(
        Method::Post,
        "/v2/core/event_destinations",
        (Some(as_json), json, ""),
    );
    check(
        Method::Get,
        "/v2/core/event_destinations",
        (None, json, encoded),
    );
    check(
        Method::Post,
        "/v1/webhook_endpoints",
        (Some(encoded), form, ""),
    );
    check(Method::Post, "/v1/v2", (Some(encoded), form, ""));

    let empty = Request::new(Method::Post, "/v2/core/event_destinations/ed_1/ping");
    assert_eq!(empty.body().as_deref(), Some("{}"));
}

#[test]
fn urls_hold_what_was_asked_for() {
    let check = |request: Request, expected: &str| {
        let base = Url::parse("https://stripe.test/base/").unwrap();
        assert_eq!(
            request.url(&base).as_str(),
            format!("https://stripe.test/base{expected}")
        );
    };

    check(
        Request::retrieve("customer", "cus_1").unwrap(),
        "/v1/customers/cus_1",
    );
    check(
        Request::retrieve("cash_balance", "cus_1").unwrap(),
        "/v1/customers/cus_1/cash_balance",
    );
    check(
        Request::retrieve("coupon", "50% off/now").unwrap(),
        "/v1/coupons/50%25%20off%2Fnow",
    );
    check(
        Request::retrieve("customer", "cus_1")
            .unwrap()
            .expand("a")
            .expand("b"),
        "/v1/customers/cus_1?expand[0]=a&expand[1]=b",
    );
    check(
        Request::list("charge").unwrap().param("limit", 100),
        "/v1/charges?limit=100",
    );
    check(
        Request::list("charge")
            .unwrap()
            .params(json!({ "created": { "gte": 7 } })),
        "/v1/charges?created[gte]=7",
    );
    check(Request::delete("coupon", "c").unwrap(), "/v1/coupons/c");
    check(
        Request::update("customer", "cus_1")
            .unwrap()
            .param("name", "x"),
        "/v1/customers/cus_1",
    );
}

#[test]
fn addresses_and_templates_are_filled_in() {
    let base = Url::parse("https://stripe.test").unwrap();
    let check = |request: Option<Request>, expected: Option<&str>| {
        let url = request.map(|request| {
            request
                .url(&base)
                .as_str()
                .trim_start_matches(base.as_str())
                .to_owned()
        });
        assert_eq!(url.as_deref(), expected);
    };

    let address = |address: &str| Request::from_list_url(address);
    check(
        address("/v1/customers/cus_1/sources"),
        Some("v1/customers/cus_1/sources"),
    );
    check(
        address("/v1/subscription_items?subscription=sub_1"),
        Some("v1/subscription_items?subscription=sub_1"),
    );
    check(
        address("/v1/products/a%2Fb%20c/features"),
        Some("v1/products/a%2Fb%20c/features"),
    );
    check(address(""), None);

    let below = |parent: &str| {
        Request::below("/v1/customers/{customer}/payment_methods", Some(parent)).ok()
    };

    check(below("cus_1"), Some("v1/customers/cus_1/payment_methods"));
    check(below("a/b"), Some("v1/customers/a%2Fb/payment_methods"));
    check(below(".."), None);
}

#[test]
fn what_stripe_cannot_do_is_refused() {
    let check = |request: Result<Request, RequestError>, expected: &str| {
        assert_eq!(request.unwrap_err().to_string(), expected);
    };

    check(
        Request::retrieve("basket", "b"),
        "`basket` is not a Stripe object",
    );
    check(
        Request::retrieve("discount", "di_1"),
        "Stripe has no operation `retrieve` for `discount`",
    );
    check(
        Request::retrieve("person", "p_1"),
        "the path of `person` needs the id of its `account`",
    );
    check(Request::retrieve("coupon", ".."), "invalid id `..`");
    check(Request::retrieve("coupon", ""), "invalid id ``");
}

#[test]
fn the_resource_is_what_the_path_names() {
    let check = |path: &str, expected: &str| {
        assert_eq!(Request::new(Method::Get, path).resource(), expected)
    };

    check("/v1/customers", "customers");
    check("/v1/customers/cus_1/tax_ids", "customers");
    check("/v1/checkout/sessions/cs_1", "checkout/sessions");
}

#[test]
fn the_next_page_is_that_of_its_url_with_every_parameter_in_it() {
    let list = Request::new(Method::Get, "/v2/core/events").account("acct_1");
    let base = Url::parse("https://stripe.test").unwrap();
    let check = |url: &str, expected: Option<&str>| {
        let next = list.following(url);
        assert!(
            next.iter()
                .all(|it| it.account.as_deref() == Some("acct_1"))
        );
        let next = next.map(|next| next.url(&base).to_string());
        let expected = expected.map(|query| format!("https://stripe.test/v2/core/events?{query}"));
        assert_eq!(next, expected, "{url}");
    };

    check("/v2/core/events?page=p1", Some("page=p1"));
    check(
        "https://elsewhere.test/v2/core/events?page=p1",
        Some("page=p1"),
    );
    let two = "page=p1&types[0]=a&types[1]=b";
    check("/v2/core/events?types=a&types=b&page=p1", Some(two));
    check("/v2/core/events?types[]=a&types[]=b&page=p1", Some(two));
    // Brackets in names are encoded, which says the same.
    let encoded = "page=p1&types%5B0%5D=a&types%5B1%5D=b";
    let indexed = "/v2/core/events?types[0]=a&types[1]=b&page=p1";
    check(indexed, Some(encoded));

    check("/v2/core/accounts?page=p1", None);
    check("/v2/core/events", None);
}

#[test]
fn the_id_of_a_thin_event_is_one_segment_of_the_path() {
    let base = Url::parse("https://stripe.test").unwrap();
    let check = |id: &str, expected: Option<&str>| {
        let url = Request::thin_event(id).map(|request| request.url(&base).to_string());
        let expected = expected.map(|id| format!("https://stripe.test/v2/core/events/{id}"));
        assert_eq!(url.ok(), expected, "{id}");
    };
    check("evt_1", Some("evt_1"));
    check("evt_1/../x", Some("evt_1%2F..%2Fx"));
    check("..", None);
    check("", None);
}
