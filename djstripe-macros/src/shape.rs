//! What an argument seems to be, by the words of its type. Messages follow it; only rustc knows what the type is.

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::catalogue;

/// Arguments that hold the event's object, or its data, as `T`.
const HOLDERS: [&str; 4] = ["Object", "Snapshot", "Previous", DATA];

/// The argument that holds the `data` of a thin event.
pub(crate) const DATA: &str = "EventData";

/// Other arguments that are taken by value.
const VALUES: [&str; 7] = [
    "State",
    "Client",
    "Db",
    "EventName",
    "CrudType",
    "Account",
    "Livemode",
];

/// What an argument seems to be.
pub(crate) enum Shape<'t> {
    /// `Object<T>`, `Snapshot<T>` or `Previous<T>`.
    Holder {
        holder: &'static str,
        payload: &'t Type,
    },
    /// The enum of a family of events, and the prefix of their names.
    Family { prefix: &'static str },
    /// A model without a holder.
    Model { name: String },
    /// A reference to an argument that is taken by value.
    Borrowed { value: String },
    /// Anything else.
    Other,
}

impl<'t> Shape<'t> {
    pub(crate) fn of(ty: &'t Type) -> Self {
        if let Type::Reference(reference) = ty {
            return borrowed(&reference.elem);
        }
        let Some(segment) = last_segment(ty) else {
            return Self::Other;
        };

        let word = segment.ident.to_string();
        if let Some((holder, payload)) = held(&word, &segment.arguments) {
            Self::Holder { holder, payload }
        } else if !segment.arguments.is_none() {
            Self::Other
        } else if let Some(prefix) = catalogue::family_of_enum(&word) {
            Self::Family { prefix }
        } else if catalogue::is_payload(&word) {
            Self::Model { name: word }
        } else {
            Self::Other
        }
    }
}

/// The type as the user would write it: without the blanks between tokens.
pub(crate) fn text(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

/// The last segment of a path, also of one that `macro_rules!` passes on.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn borrowed(ty: &Type) -> Shape<'_> {
    let Some(segment) = last_segment(ty) else {
        return Shape::Other;
    };

    let word = segment.ident.to_string();
    let is_value = VALUES.contains(&word.as_str())
        || held(&word, &segment.arguments).is_some()
        || catalogue::family_of_enum(&word).is_some();
    if is_value {
        Shape::Borrowed { value: text(ty) }
    } else if segment.arguments.is_none() && catalogue::is_payload(&word) {
        Shape::Model { name: word }
    } else {
        Shape::Other
    }
}

fn held<'t>(word: &str, arguments: &'t PathArguments) -> Option<(&'static str, &'t Type)> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    let holder = HOLDERS.iter().find(|holder| word == **holder)?;
    match arguments.args.first()? {
        GenericArgument::Type(payload) => Some((*holder, payload)),
        _ => None,
    }
}
