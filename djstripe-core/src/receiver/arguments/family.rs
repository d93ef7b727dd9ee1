//! The enums of event families as arguments. `generated/arguments.rs` has the list of them.

/// Makes a family's enum an argument of receivers that listen to events of that family alone.
macro_rules! family {
    ($family:path) => {
        impl<'a> $crate::receiver::arguments::FromEvent<'a> for $family {
            type Payload = Self;

            fn from_event(
                parts: &mut $crate::receiver::arguments::Parts<'a>,
            ) -> Result<Self, $crate::receiver::arguments::ArgumentError> {
                let name = parts.event().name();
                ::djstripe_models::Family::from_name(name.as_str()).ok_or_else(|| {
                    $crate::receiver::arguments::ArgumentError::NotOfFamily { name: name.clone() }
                })
            }
        }
    };
}
pub(crate) use family;
