//! What a thin event has besides the object that it refers to.

use std::fmt;
use std::ops::Deref;

use djstripe_models::{Decoded, FromJson, ObjectError};

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use super::object::not_fetched;

/// `data` of a thin event, which Stripe's API adds to its notification. Derefs to the struct.
///
/// It compiles only if every event that the receiver listens to has a `T`, and not with an event that
/// may arrive as a snapshot event alone.
///
/// ```
/// use djstripe_core::models::V1BillingMeterErrorReportTriggeredData;
/// use djstripe_core::{EventData, stripe_receiver};
///
/// #[stripe_receiver("v1.billing.meter.error_report_triggered")]
/// fn look(report: EventData<V1BillingMeterErrorReportTriggeredData>) {
///     println!("{:?}", report.developer_message_summary);
/// }
/// ```
///
/// Source: [Types of events](https://docs.stripe.com/api/v2/core/events/event-types).
#[derive(Clone)]
pub struct EventData<T>(Decoded<T>);

impl<T> EventData<T> {
    /// The JSON as Stripe sent it; `{}` if the event has none.
    pub fn json(&self) -> &str {
        self.0.json()
    }

    /// The struct with its JSON.
    pub fn into_inner(self) -> Decoded<T> {
        self.0
    }
}

impl<T: FromJson> EventData<T> {
    /// Data with this JSON, for tests of receivers.
    ///
    /// ```
    /// use djstripe_core::EventData;
    /// use djstripe_core::models::V1InvoiceUpcomingData;
    ///
    /// let data = EventData::<V1InvoiceUpcomingData>::from_json(r#"{"customer":"cus_1"}"#)?;
    /// assert_eq!(data.customer.as_deref(), Some("cus_1"));
    /// # Ok::<(), djstripe_core::models::ObjectError>(())
    /// ```
    ///
    /// # Errors
    /// [`ObjectError`] if the JSON has another shape than the struct.
    pub fn from_json(json: &str) -> Result<Self, ObjectError> {
        Decoded::from_json_text("data", json).map(Self)
    }
}

impl<T> Deref for EventData<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for EventData<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<'a, T: FromJson> FromEvent<'a> for EventData<T> {
    type Payload = T;

    const READS_CHANGES: bool = true;
    const READS_DATA: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        if !event.has_thin_data() {
            return Err(not_fetched(parts));
        }
        let json = event.thin_data_json().unwrap_or("{}");
        Self::from_json(json).map_err(|source| ArgumentError::Decode {
            object_id: event.object_head().id,
            api_version: event.api_version().map(str::to_owned),
            source,
        })
    }
}
