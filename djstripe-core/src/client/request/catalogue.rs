//! Requests for the objects of the catalogue.
//!
//! In: the name of a type of object, an operation and ids. Out: a request with the path that the
//! catalogue has for the operation, or a [`RequestError`].

use djstripe_models::{ModelDescriptor, descriptor};

use super::{Method, Request, RequestError};

impl Request {
    /// Retrieves an object whose path contains no other id.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn retrieve(object: &str, id: &str) -> Result<Self, RequestError> {
        Self::retrieve_below(object, id, |_| None)
    }

    /// Retrieves an object whose path contains the ids of parents. `parent` returns the id for a
    /// name in the path.
    ///
    /// ```
    /// use djstripe_core::client::Request;
    ///
    /// let request = Request::retrieve_below("person", "person_1", |parent| (parent == "account").then(|| "acct_1".into()))?;
    /// assert_eq!(request.path(), "/v1/accounts/acct_1/persons/person_1");
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
        let descriptor = descriptor_of(object)?;
        // An object without an id is the only one of the parent that identifies it.
        let is_parent = |name: &str| name == descriptor.key;
        if let Some(path) = descriptor.singleton.filter(|_| descriptor.key != "id") {
            let owner = |name: &str| is_parent(name).then(|| id.to_owned());
            return Self::from_template(Method::Get, descriptor, path, None, owner);
        }

        let path = descriptor
            .retrieve
            .ok_or(no_operation(descriptor, "retrieve"))?;
        Self::from_template(Method::Get, descriptor, path, Some(id), parent)
    }

    /// Retrieves a thin event, which is not an object of the catalogue.
    ///
    /// # Errors
    /// [`RequestError::InvalidId`].
    pub(crate) fn thin_event(id: &str) -> Result<Self, RequestError> {
        if !is_segment(id) {
            return Err(RequestError::InvalidId { id: id.to_owned() });
        }
        let mut request = Self::new(Method::Get, "/v2/core/events");
        request.path.push(id.to_owned());
        Ok(request)
    }

    /// Lists objects, newest first.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn list(object: &str) -> Result<Self, RequestError> {
        Self::list_below(object, |_| None)
    }

    /// Lists objects whose path contains the ids of parents. `parent` returns the id for a name in
    /// the path.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn list_below(
        object: &str,
        parent: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let descriptor = descriptor_of(object)?;
        let path = descriptor.list.ok_or(no_operation(descriptor, "list"))?;
        Self::from_template(Method::Get, descriptor, path, None, parent)
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

    /// Updates an object.
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
        let descriptor = descriptor_of(object)?;
        let path = descriptor
            .delete
            .ok_or(no_operation(descriptor, "delete"))?;
        Self::from_template(Method::Delete, descriptor, path, Some(id), |_| None)
    }

    fn from_template(
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
                // The last segment is the object's own id.
                (Some(_), Some(id)) if index == last => id.to_owned(),
                (Some(name), _) => parent(name).ok_or_else(|| RequestError::MissingParent {
                    object: descriptor.object,
                    parent: name.to_owned(),
                })?,
            };
            if !is_segment(&filled) {
                return Err(RequestError::InvalidId { id: filled });
            }
            request.path.push(filled);
        }

        Ok(request)
    }

    /// Reads the path `template` of the catalogue, with the id of the parent in place of `{…}`.
    ///
    /// # Errors
    /// [`RequestError::InvalidId`].
    pub(crate) fn below(template: &str, parent: Option<&str>) -> Result<Self, RequestError> {
        let mut request = Self::new(Method::Get, template);
        let placeholder = request
            .path
            .iter_mut()
            .find(|segment| segment.starts_with('{'));
        if let (Some(placeholder), Some(id)) = (placeholder, parent) {
            if !is_segment(id) {
                return Err(RequestError::InvalidId { id: id.to_owned() });
            }
            *placeholder = id.to_owned();
        }
        Ok(request)
    }
}

/// Whether `id` can be a segment of a path. URLs drop the others, and would then address the list
/// instead of the object.
fn is_segment(id: &str) -> bool {
    !["", ".", ".."].contains(&id)
}

fn descriptor_of(object: &str) -> Result<&'static ModelDescriptor, RequestError> {
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
