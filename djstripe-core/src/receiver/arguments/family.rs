//! The enums of event families as arguments. `generated/arguments.rs` has the list of them.

/// Makes a family's enum an argument of receivers that listen to events of that family alone.
macro_rules! family {
    ($family:path) => {
        impl<'a> $crate::FromEvent<'a> for $family {
            type Payload = Self;

            fn from_event(parts: &mut $crate::Parts<'a>) -> Result<Self, $crate::ArgumentError> {
                let name = parts.event().name();
                $crate::models::Family::from_name(name.as_str())
                    .ok_or_else(|| $crate::ArgumentError::NotOfFamily { name: name.clone() })
            }
        }
    };
}
pub(crate) use family;
