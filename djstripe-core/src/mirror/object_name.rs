//! Names of types of object in the settings. Does no IO.

use djstripe_models::descriptor;

use super::settings_error::SettingsError;
use crate::webhook::object_type::nearest;

/// The type of object with this name, as the catalogue writes it: a former name is replaced.
pub(super) fn known(object: &str) -> Result<&'static str, SettingsError> {
    match descriptor(object) {
        Some(descriptor) => Ok(descriptor.object),
        None => Err(unknown(object)),
    }
}

/// The error for a name that is no type of object.
pub(super) fn unknown(object: &str) -> SettingsError {
    SettingsError::UnknownObject {
        object: object.to_owned(),
        nearest: nearest(object),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_refused_with_the_one_that_was_meant() {
        assert_eq!(known("file_upload").unwrap(), "file");
        assert_eq!(
            known("chrage").unwrap_err().to_string(),
            "the mirror's settings name `chrage`, which is not a Stripe object; did you mean `charge`?"
        );
    }
}
