//! Requests for what the catalogue knows.
//!
//! In: the name of a type of object, and ids. Out: a request to the path that the catalogue has for the operation, or
//! why there is none.

use djstripe_models::{ModelDescriptor, descriptor};

use super::{Method, Request, RequestError};

impl Request {
    /// Fetches an object that is found by its id alone.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn retrieve(object: &str, id: &str) -> Result<Self, RequestError> {
        Self::retrieve_below(object, id, |_| None)
    }

    /// Fetches an object; `parent` gives the ids of what it is found below, by their names in the path.
    ///
    /// ```
    /// use djstripe_core::client::Request;
    ///
    /// let request = Request::retrieve_below("person", "person_1", |parent| (parent == "account").then(|| "acct_1".into()))?;
    /// assert_eq!(request.path(), "/v1/accounts/acct_1/people/person_1");
    /// # Ok::<(), djstripe_core::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn retrieve_below(
        object: &str,
        id: &str,
        parent: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let descriptor = known(object)?;
        let path = descriptor
            .retrieve
            .ok_or(no_operation(descriptor, "retrieve"))?;
        Self::fill(Method::Get, descriptor, path, Some(id), parent)
    }

    /// Lists objects, newest first.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn list(object: &str) -> Result<Self, RequestError> {
        Self::list_below(object, |_| None)
    }

    /// Lists objects that are found below others.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn list_below(
        object: &str,
        parent: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let descriptor = known(object)?;
        let path = descriptor.list.ok_or(no_operation(descriptor, "list"))?;
        Self::fill(Method::Get, descriptor, path, None, parent)
    }

    /// Creates an object.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn create(object: &str) -> Result<Self, RequestError> {
        Ok(Self {
            method: Method::Post,
            ..Self::list(object)?
        })
    }

    /// Changes an object.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn update(object: &str, id: &str) -> Result<Self, RequestError> {
        Ok(Self {
            method: Method::Post,
            ..Self::retrieve(object, id)?
        })
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn delete(object: &str, id: &str) -> Result<Self, RequestError> {
        let descriptor = known(object)?;
        let path = descriptor
            .delete
            .ok_or(no_operation(descriptor, "delete"))?;
        Self::fill(Method::Delete, descriptor, path, Some(id), |_| None)
    }

    fn fill(
        method: Method,
        descriptor: &'static ModelDescriptor,
        template: &str,
        id: Option<&str>,
        parent: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let mut request = Self::new(method, "");
        let segments: Vec<&str> = template
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        let last = segments.len().saturating_sub(1);
        for (index, segment) in segments.into_iter().enumerate() {
            let name = segment
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'));
            let filled = match (name, id) {
                (None, _) => segment.to_owned(),
                // The object's own id stands at the end.
                (Some(_), Some(id)) if index == last => id.to_owned(),
                (Some(name), _) => parent(name).ok_or_else(|| RequestError::MissingParent {
                    object: descriptor.object,
                    parent: name.to_owned(),
                })?,
            };
            // A URL would swallow these two, and address the list instead of the object.
            if filled.is_empty() || filled == "." || filled == ".." {
                return Err(RequestError::InvalidId { id: filled });
            }
            request.path.push(filled);
        }
        Ok(request)
    }

    /// Reads what a path of the catalogue names, with the id of its parent in place of `{…}`.
    ///
    /// # Errors
    /// [`RequestError::InvalidId`].
    pub(crate) fn below(template: &str, parent: Option<&str>) -> Result<Self, RequestError> {
        let mut request = Self::new(Method::Get, template);
        let place = request
            .path
            .iter_mut()
            .find(|segment| segment.starts_with('{'));
        if let (Some(place), Some(id)) = (place, parent) {
            if id.is_empty() || id == "." || id == ".." {
                return Err(RequestError::InvalidId { id: id.to_owned() });
            }
            *place = id.to_owned();
        }
        Ok(request)
    }
}

fn known(object: &str) -> Result<&'static ModelDescriptor, RequestError> {
    descriptor(object).ok_or_else(|| RequestError::UnknownObject {
        object: object.to_owned(),
    })
}

fn no_operation(descriptor: &'static ModelDescriptor, operation: &'static str) -> RequestError {
    RequestError::NoOperation {
        object: descriptor.object,
        operation,
    }
}
