//! Customers, what is sold to them, and other objects that need more than their parameters.

use serde_json::{Map, Value, json};

use super::invoices::required;
use super::methods;
use crate::testing::writer::{Outcome, Writer};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::{PERIOD, template};

/// `POST /v1/customers`.
pub(in crate::testing) fn create_customer(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let given = Value::Object(params.clone());
    let method = methods::given(writer, &given)?;
    let preferred = &given["invoice_settings"]["default_payment_method"];

    let mut fields = known("customer", params);
    for (name, default) in [("balance", json!(0)), ("delinquent", json!(false))] {
        if fields[name].is_null() {
            fields[name] = default;
        }
    }
    if let Some(method) = &method
        && preferred == &given["payment_method"]
    {
        fields["invoice_settings"]["default_payment_method"] = method["id"].clone();
    }
    let id = match given["id"].as_str() {
        Some(id) => id.to_owned(),
        None => writer.state.new_id("customer"),
    };
    fields["id"] = id.clone().into();
    let discount = match given["coupon"].as_str() {
        Some(coupon) => Some(discount(writer, &id, coupon)?),
        None => None,
    };
    fields["discount"] = discount.clone().unwrap_or_default();

    let mut customer = writer.create("customer", fields);
    if let Some(discount) = discount {
        writer.emit("customer.discount.created", &discount);
    }
    if let Some(method) = method {
        methods::attach_to(writer, &method, &id);
    }
    if given["source"].is_string() {
        methods::create_source(writer, &id, &given)?;
        customer = writer.get("customer", &id).unwrap_or(customer);
    }
    Ok(customer)
}

/// The parameters that are fields of a type.
fn known(object: &str, params: Map<String, Value>) -> Value {
    template(object)
        .map(|known| known.known(params))
        .unwrap_or_default()
        .into()
}

/// A discount of a customer.
fn discount(writer: &mut Writer<'_>, customer: &str, coupon: &str) -> Outcome {
    writer.named("coupon", coupon, "coupon")?;
    let fields = json!({
        "customer": customer, "start": writer.now(),
        "source": { "coupon": coupon, "type": "coupon" },
    });
    Ok(writer.add("discount", fields))
}

/// `POST /v1/customers/{customer}`: what a coupon means, which is no field of the customer.
pub(in crate::testing) fn change_customer(
    writer: &mut Writer<'_>,
    before: &Value,
    params: &mut Map<String, Value>,
) -> Result<Option<(&'static str, Value)>, Box<crate::testing::answer::Answer>> {
    let Some(coupon) = params.remove("coupon") else {
        return Ok(None);
    };
    let had = &before["discount"];
    let Some(coupon) = coupon.as_str() else {
        params.insert("discount".to_owned(), Value::Null);
        writer
            .state
            .remove(writer.scope, "discount", text(had, "id"));
        let ended = had.is_object();
        return Ok(ended.then(|| ("customer.discount.deleted", had.clone())));
    };

    let discount = discount(writer, text(before, "id"), coupon)?;
    params.insert("discount".to_owned(), discount.clone());
    let name = if had.is_null() {
        "customer.discount.created"
    } else {
        "customer.discount.updated"
    };
    Ok(Some((name, discount)))
}

/// `POST /v1/prices`.
pub(in crate::testing) fn create_price(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let given = Value::Object(params.clone());
    let mut fields = known("price", params);
    if let Value::Object(described) = &given["product_data"] {
        fields["product"] = create_product(writer, described.clone())?["id"].clone();
    }
    fields["type"] = match &mut fields["recurring"] {
        Value::Object(recurring) => {
            for (name, default) in [
                ("interval_count", json!(1)),
                ("usage_type", json!("licensed")),
                ("meter", Value::Null),
            ] {
                recurring.entry(name).or_insert(default);
            }
            "recurring".into()
        }
        _ => "one_time".into(),
    };
    if let Some(amount) = fields["unit_amount"].as_i64() {
        fields["unit_amount_decimal"] = amount.to_string().into();
    }
    Ok(writer.create("price", fields))
}

/// `POST /v1/products`.
pub(in crate::testing) fn create_product(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let name = Value::Object(params.clone());
    required(&name, "name")?;
    Ok(writer.create("product", known("product", params)))
}

/// `POST /v1/plans`.
pub(in crate::testing) fn create_plan(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let mut params = params;
    if let Some(Value::Object(described)) = params.get("product").cloned() {
        let product = create_product(writer, described)?;
        params.insert("product".to_owned(), product["id"].clone());
    }
    let mut fields = known("plan", params);
    fields["interval_count"] = fields["interval_count"].as_i64().unwrap_or(1).into();
    if let Some(amount) = fields["amount"].as_i64() {
        fields["amount_decimal"] = amount.to_string().into();
    }
    Ok(writer.create("plan", fields))
}

/// `POST /v1/coupons`.
pub(in crate::testing) fn create_coupon(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let mut fields = known("coupon", params);
    if fields["duration"].is_null() {
        fields["duration"] = "once".into();
    }
    Ok(writer.create("coupon", fields))
}

/// `POST /v1/promotion_codes`.
pub(in crate::testing) fn create_code(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let given = Value::Object(params.clone());
    let coupon = [&given["coupon"], &given["promotion"]["coupon"]];
    let coupon = coupon
        .into_iter()
        .find_map(Value::as_str)
        .unwrap_or_default();
    writer.named("coupon", coupon, "coupon")?;

    let mut fields = known("promotion_code", params);
    fields["promotion"] = json!({ "coupon": coupon, "type": "coupon" });
    if fields["code"].is_null() {
        fields["code"] = writer.state.new_id("promotion_code").to_uppercase().into();
    }
    Ok(writer.create("promotion_code", fields))
}

/// `POST /v1/reporting/report_runs`. The report is there at once.
pub(in crate::testing) fn run_report(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let mut fields = known("reporting.report_run", params);
    required(&fields, "report_type")?;
    fields["status"] = "pending".into();
    let run = writer.create("reporting.report_run", fields);

    let file = json!({ "purpose": "finance_report_run", "type": "csv", "size": 0 });
    let file = writer.add("file", file);
    let fields = json!({ "status": "succeeded", "succeeded_at": writer.now(), "result": file });
    let (done, _) = writer.set(&run, fields);
    writer.emit("reporting.report_run.succeeded", &done);
    Ok(run)
}

/// `POST /v1/identity/verification_sessions`.
pub(in crate::testing) fn verify_identity(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let mut fields = known("identity.verification_session", params);
    fields["status"] = "requires_input".into();
    fields["url"] = "https://verify.stripe.com/start/fake".into();
    fields["client_secret"] = writer.state.new_id("secret").into();
    Ok(writer.create("identity.verification_session", fields))
}

/// `POST /v1/test_helpers/test_clocks`.
pub(in crate::testing) fn create_clock(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let mut fields = known("test_helpers.test_clock", params);
    fields["status"] = "ready".into();
    fields["deletes_after"] = (writer.now() + PERIOD).into();
    Ok(writer.create("test_helpers.test_clock", fields))
}

/// `POST /v1/payment_links`.
pub(in crate::testing) fn create_link(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let items =
        super::subscriptions::line_items(writer, params.get("line_items").unwrap_or(&Value::Null))?;
    let id = writer.state.new_id("payment_link");
    let mut fields = known("payment_link", params);
    fields["currency"] = items
        .first()
        .map_or("usd".into(), |it| it["currency"].clone());
    let url = format!("/v1/payment_links/{id}/line_items");
    fields["line_items"] = super::subscriptions::list(&items, &url);
    fields["url"] = format!("https://buy.stripe.com/{id}").into();
    fields["id"] = id.into();
    Ok(writer.create("payment_link", fields))
}
