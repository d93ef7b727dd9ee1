//! Setup intents: a payment method is saved for later.

use serde_json::{Map, Value, json};

use super::methods;
use crate::testing::answer::Answer;
use crate::testing::charged::Charged;
use crate::testing::writer::{Outcome, Writer};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::template;

/// `POST /v1/setup_intents`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    let method = methods::given(writer, &given)?;

    let known = template("setup_intent");
    let mut fields = known.map_or_else(Map::new, |known| known.known(params));
    let status = match method {
        Some(_) => "requires_confirmation",
        None => "requires_payment_method",
    };
    let method = method.map_or(Value::Null, |method| method["id"].clone());
    fields.insert("status".to_owned(), status.into());
    fields.insert("payment_method".to_owned(), method);
    fields
        .entry("usage")
        .or_insert_with(|| "off_session".into());
    if !fields.contains_key("payment_method_types") {
        fields.insert("payment_method_types".to_owned(), json!(["card"]));
    }

    let intent = writer.create("setup_intent", fields.into());
    if given["confirm"] == true {
        return confirm(writer, &intent);
    }
    Ok(intent)
}

/// `POST /v1/setup_intents/{intent}/confirm`.
pub(in crate::testing) fn confirm_with(
    writer: &mut Writer<'_>,
    intent: &Value,
    params: &Value,
) -> Outcome {
    let method = methods::given(writer, params)?;
    let intent = match method {
        Some(method) => {
            writer
                .set(intent, json!({ "payment_method": method["id"] }))
                .0
        }
        None => intent.clone(),
    };
    confirm(writer, &intent)
}

fn confirm(writer: &mut Writer<'_>, intent: &Value) -> Outcome {
    let id = text(intent, "payment_method").to_owned();
    let method = methods::resolve(writer, &id)?;

    match methods::outcome(writer, &id) {
        Charged::Declined => {
            let error = json!({
                "code": "card_declined", "decline_code": "generic_decline",
                "message": "Your card was declined.", "type": "card_error",
            });
            let fields = json!({ "status": "requires_payment_method", "last_setup_error": error });
            let (intent, _) = writer.set(intent, fields);
            writer.emit("setup_intent.setup_failed", &intent);
            Err(Box::new(Answer::declined("setup_intent", &intent)))
        }
        Charged::NeedsAction => {
            let action = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} });
            let fields = json!({ "status": "requires_action", "next_action": action });
            let (intent, _) = writer.set(intent, fields);
            writer.emit("setup_intent.requires_action", &intent);
            Ok(intent)
        }
        _ => {
            let customer = text(intent, "customer");
            if !customer.is_empty() {
                methods::attach_to(writer, &method, customer);
            }
            let (intent, _) = writer.set(intent, json!({ "status": "succeeded" }));
            writer.emit("setup_intent.succeeded", &intent);
            Ok(intent)
        }
    }
}
