//! The methods of resources -> paths of an OpenAPI document.

use serde_json::{Value, json};

use crate::error::Error;
use crate::model::{Method, Type};
use crate::names::Place;
use crate::package::Package;
use crate::schemas::{Context, Schemas};

/// What a method answers with.
enum Answer<'t> {
    One(&'t Type),
    Page(&'t Type),
    /// The results of a search, which are no list of the API.
    Search,
}

/// The paths with their operations: what each answers with, and the query of each list.
///
/// # Errors
/// A method whose request or answer can't be read.
pub(crate) fn paths(package: &Package, schemas: &mut Schemas) -> Result<Value, Error> {
    let mut paths = json!({});
    for (file, module) in &package.modules.0 {
        for (class, methods) in &module.scope.classes {
            for method in methods.iter().filter(|it| it.name != "constructor") {
                add(package, schemas, &mut paths, file, class, method)?;
            }
        }
    }
    Ok(paths)
}

fn add(
    package: &Package,
    schemas: &mut Schemas,
    paths: &mut Value,
    file: &str,
    class: &str,
    method: &Method,
) -> Result<(), Error> {
    let place = Place {
        file: file.to_owned(),
        path: vec![class.to_owned()],
    };
    let mut context = Context::of(&place);
    context.what = format!("{class}.{}", method.name);

    let Some(answer) = answer(&method.returns) else {
        return Ok(());
    };
    let key = (class.to_owned(), method.name.clone());
    let requests = package.requests.get(file).and_then(|it| it.get(&key));
    let missing = || Error::new(file, &context.what, "its request isn't in the code");
    let requests = requests.ok_or_else(missing)?;

    let schema = match answer {
        Answer::Search => return Ok(()),
        Answer::One(ty) => schemas.schema(&context, ty)?,
        Answer::Page(items) => {
            let items = schemas.schema(&context, items)?;
            json!({ "properties": { "data": { "items": items }, "has_more": {} } })
        }
    };
    for request in requests {
        let verb = request.verb.to_lowercase();
        let operation = &mut paths[&request.path][&verb];
        operation["responses"] =
            json!({ "200": { "content": { "application/json": { "schema": schema } } } });
        if verb == "get" {
            let query = query(package, schemas, &context, method)?;
            operation["parameters"] = query.into();
        }
    }
    Ok(())
}

/// What a method answers with; `None` if it isn't a request.
fn answer(returns: &Type) -> Option<Answer<'_>> {
    let Type::Name(name, arguments) = returns else {
        return None;
    };
    let [name] = name.as_slice() else {
        return None;
    };
    match (name.as_str(), arguments.as_slice()) {
        ("ApiListPromise" | "V2ListPromise", [items]) => Some(Answer::Page(items)),
        ("ApiSearchResultPromise", [_]) => Some(Answer::Search),
        ("Promise", [Type::Name(inner, response)]) => match response.as_slice() {
            [ty] if inner == &["Response"] => Some(Answer::One(ty)),
            _ => None,
        },
        _ => None,
    }
}

/// The parameters of a request's query: name, whether it is required, and the values it can have.
fn query(
    package: &Package,
    schemas: &Schemas,
    context: &Context,
    method: &Method,
) -> Result<Vec<Value>, Error> {
    let parameters = method.parameters.iter().find(|(name, _)| name == "params");
    let Some((_, Type::Name(name, _))) = parameters else {
        return Ok(Vec::new());
    };
    let place = schemas.find(context, name)?;
    let Some(interface) = package.modules.interface(&place) else {
        return Err(Error::new(
            &context.file,
            &context.what,
            format!("`{}` is no interface", name.join(".")),
        ));
    };

    let properties = schemas.properties(&place, interface)?;
    let parameters = properties.into_iter().map(|property| {
        let context = Context::of(&place);
        let values = schemas.values(&context, &property.ty);
        let schema = values.map_or(json!({}), |values| json!({ "type": "string", "enum": values }));
        json!({ "in": "query", "name": property.name, "required": !property.optional, "schema": schema })
    });
    Ok(parameters.collect())
}
