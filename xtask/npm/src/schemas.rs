//! Interfaces -> schemas of an OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::comments;
use crate::error::Error;
use crate::model::{Interface, Property, Type};
use crate::names::{Modules, Place};

/// Deepest chain of names that only stand for other names.
const DEEPEST: usize = 20;

/// Describes declarations, and remembers those that they name.
pub(crate) struct Schemas<'m> {
    modules: &'m Modules,
    /// The interfaces that are objects of the API, or what is left of deleted ones.
    objects: BTreeMap<Place, String>,
    /// The declarations that a description names.
    named: BTreeSet<Place>,
    /// The schemas by name.
    described: BTreeMap<String, Value>,
}

/// Where a type stands.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) file: String,
    /// The namespaces around the type.
    pub(crate) within: Vec<String>,
    /// The declaration or the field, for errors.
    pub(crate) what: String,
    /// The comment of the field.
    pub(crate) comment: String,
}

impl Context {
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            file: place.file.clone(),
            within: place.around().to_vec(),
            what: place.name(),
            comment: String::new(),
        }
    }

    fn error(&self, what: impl Into<String>) -> Error {
        Error::new(&self.file, &self.what, what)
    }

    /// The name of the field, if it is one.
    fn field(&self) -> &str {
        self.what.rsplit('.').next().unwrap_or_default()
    }
}

impl<'m> Schemas<'m> {
    /// # Errors
    /// Two interfaces of the same object.
    pub(crate) fn new(modules: &'m Modules) -> Result<Self, Error> {
        Ok(Self {
            modules,
            objects: objects(modules)?,
            named: BTreeSet::new(),
            described: BTreeMap::new(),
        })
    }

    /// Describes all objects, and whatever the descriptions name.
    ///
    /// # Errors
    /// A declaration that can't be read.
    pub(crate) fn describe_all(mut self) -> Result<BTreeMap<String, Value>, Error> {
        self.named.extend(self.objects.keys().cloned());
        while let Some(place) = self.named.pop_first() {
            let name = self.name(&place);
            if self.described.contains_key(&name) {
                continue;
            }
            let interface = self.modules.interface(&place);
            let interface = interface
                .ok_or_else(|| Context::of(&place).error("is no interface"))?
                .clone();
            let schema = self.interface(&place, &interface)?;
            self.described.insert(name, schema);
        }
        Ok(self.described)
    }

    /// The name of a declaration's schema. The one of a part is only a key; it says where the part
    /// is declared.
    pub(crate) fn name(&self, place: &Place) -> String {
        self.objects.get(place).cloned().unwrap_or_else(|| {
            let file = place.file.trim_end_matches(".d.ts");
            let file = file.trim_start_matches("resources/").replace('/', ".");
            format!("{file}:{}", place.name())
        })
    }

    fn interface(&mut self, place: &Place, interface: &Interface) -> Result<Value, Error> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for property in self.properties(place, interface)? {
            let mut context = Context::of(place);
            context.what = format!("{}.{}", place.name(), property.name);
            context.comment.clone_from(&property.comment);
            if property.ty == Type::Void {
                continue;
            }

            let schema = self.schema(&context, &property.ty)?;
            // As in Stripe's own document, what can be null isn't required.
            if !property.optional && schema["nullable"] != true {
                required.push(property.name.clone());
            }
            properties.insert(property.name, schema);
        }
        Ok(json!({ "type": "object", "properties": properties, "required": required }))
    }

    /// The properties of an interface and of those that it extends.
    pub(crate) fn properties(
        &self,
        place: &Place,
        interface: &Interface,
    ) -> Result<Vec<Property>, Error> {
        let mut properties = Vec::new();
        for parent in &interface.extends {
            let parent = self.modules.find(&place.file, place.around(), parent)?;
            if let Some(interface) = self.modules.interface(&parent) {
                properties.extend(self.properties(&parent, interface)?);
            }
        }
        properties.retain(|inherited: &Property| interface.property(&inherited.name).is_none());
        properties.extend(interface.properties.iter().cloned());
        Ok(properties)
    }

    /// The schema of a type.
    ///
    /// # Errors
    /// A type that this program can't read, and a name that is declared nowhere.
    pub(crate) fn schema(&mut self, context: &Context, ty: &Type) -> Result<Value, Error> {
        let mut options = Vec::new();
        self.flatten(context, ty, &mut options, 0)?;
        let is_nullable = options.iter().any(|option| option.ty == Type::Null);
        let is_open = options.iter().any(|option| option.is(&["OtherString"]));
        options.retain(|option| option.ty != Type::Null && !option.is(&["OtherString"]));

        let mut schema = match literals(&options) {
            Some(values) => json!({ "type": "string", "enum": values }),
            None => self.one_of(&options)?,
        };
        if is_open {
            schema["x-stripeBypassValidation"] = true.into();
        }
        if is_nullable {
            if schema["$ref"].is_string() {
                schema = json!({ "anyOf": [schema] });
            }
            schema["nullable"] = true.into();
        }
        Ok(schema)
    }

    /// The values of a type that is nothing but literals. A filter of a list can be of any type, and
    /// only its values are of interest.
    pub(crate) fn values(&self, context: &Context, ty: &Type) -> Option<Vec<String>> {
        let mut options = Vec::new();
        self.flatten(context, ty, &mut options, 0).ok()?;
        options.retain(|option| !option.is(&["OtherString"]));
        let values = literals(&options)?;
        Some(values.into_iter().map(str::to_owned).collect())
    }

    /// The parts of a union, with names that stand for other types replaced by these.
    fn flatten(
        &self,
        context: &Context,
        ty: &Type,
        options: &mut Vec<Part>,
        depth: usize,
    ) -> Result<(), Error> {
        match ty {
            Type::Union(types) => types
                .iter()
                .try_for_each(|ty| self.flatten(context, ty, options, depth)),
            Type::Name(name, _) if !is_built_in(name) => {
                let place = self.find(context, name)?;
                match self.modules.alias(&place) {
                    Some(_) if depth == DEEPEST => {
                        Err(context.error(format!("`{}` stands for itself", name.join("."))))
                    }
                    Some(ty) => {
                        let context = Context {
                            file: place.file.clone(),
                            within: place.around().to_vec(),
                            ..context.clone()
                        };
                        self.flatten(&context, ty, options, depth + 1)
                    }
                    None => {
                        options.push(Part::new(context, ty, Some(place)));
                        Ok(())
                    }
                }
            }
            _ => {
                options.push(Part::new(context, ty, None));
                Ok(())
            }
        }
    }

    fn one_of(&mut self, options: &[Part]) -> Result<Value, Error> {
        let mut schemas: Vec<Value> = Vec::new();
        for option in options {
            let schema = self.single(option)?;
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        match &mut schemas[..] {
            [] => Ok(json!({})),
            [only] => Ok(only.take()),
            _ => Ok(json!({ "anyOf": schemas })),
        }
    }

    fn single(&mut self, part: &Part) -> Result<Value, Error> {
        let Part { context, ty, place } = part;
        if let Some(place) = place {
            return self.declared(context, place);
        }
        match ty {
            Type::Text => Ok(text(context)),
            Type::Number => Ok(match comments::number(&context.what, &context.comment) {
                (ty, Some(format)) => json!({ "type": ty, "format": format }),
                (ty, None) => json!({ "type": ty }),
            }),
            Type::Boolean => Ok(json!({ "type": "boolean" })),
            Type::BigInt => Ok(json!({ "type": "string", "format": "int64" })),
            Type::True => Ok(json!({ "type": "boolean", "enum": [true] })),
            Type::Literal(text) => Ok(json!({ "type": "string", "enum": [text] })),
            Type::Anything => Ok(json!({})),
            Type::Map(values) => self.map(context, values),
            Type::Name(name, arguments) => self.built_in(context, name, arguments),
            Type::Null | Type::Void | Type::Union(_) => {
                Err(context.error("a type stands where it means nothing"))
            }
            Type::Unreadable(text) => Err(context.error(format!("can't read the type `{text}`"))),
        }
    }

    fn map(&mut self, context: &Context, values: &Type) -> Result<Value, Error> {
        if *values == Type::Anything {
            return Ok(json!({ "type": "object" }));
        }
        let values = self.schema(context, values)?;
        Ok(json!({ "type": "object", "additionalProperties": values }))
    }

    /// An object, or a part of one. An interface that only says what its values are is a map.
    fn declared(&mut self, context: &Context, place: &Place) -> Result<Value, Error> {
        let Some(interface) = self.modules.interface(place) else {
            return Err(context.error(format!("`{}` is no type of data", place.name())));
        };
        if let (Some(values), []) = (&interface.index, interface.properties.as_slice()) {
            return self.map(context, &values.clone());
        }
        // An event is an object, whatever it carries.
        for parent in &interface.extends {
            let parent = self.modules.find(&place.file, place.around(), parent)?;
            if self.objects.contains_key(&parent) {
                return self.declared(context, &parent);
            }
        }
        self.named.insert(place.clone());
        Ok(json!({ "$ref": format!("#/components/schemas/{}", self.name(place)) }))
    }

    fn built_in(
        &mut self,
        context: &Context,
        name: &[String],
        arguments: &[Type],
    ) -> Result<Value, Error> {
        match (name.join(".").as_str(), arguments) {
            ("Array", [items]) => {
                Ok(json!({ "type": "array", "items": self.schema(context, items)? }))
            }
            ("ApiList", [items]) => {
                let data = json!({ "type": "array", "items": self.schema(context, items)? });
                Ok(
                    json!({ "type": "object", "properties": { "data": data, "has_more": { "type": "boolean" } } }),
                )
            }
            ("Decimal", []) => Ok(json!({ "type": "string", "format": "decimal" })),
            (name, _) => Err(context.error(format!("doesn't know `{name}`"))),
        }
    }

    /// The declaration that a name means.
    pub(crate) fn find(&self, context: &Context, name: &[String]) -> Result<Place, Error> {
        let found = self.modules.find(&context.file, &context.within, name);
        found.map_err(|_| context.error(format!("`{}` is declared nowhere", name.join("."))))
    }
}

/// A part of a union.
struct Part {
    context: Context,
    ty: Type,
    place: Option<Place>,
}

impl Part {
    fn new(context: &Context, ty: &Type, place: Option<Place>) -> Self {
        Self {
            context: context.clone(),
            ty: ty.clone(),
            place,
        }
    }

    fn is(&self, name: &[&str]) -> bool {
        matches!(&self.ty, Type::Name(words, _) if words == name)
    }
}

/// Names that the package doesn't declare, or that mean more than their declaration says.
fn is_built_in(name: &[String]) -> bool {
    const BUILT_IN: [&str; 5] = ["ApiList", "Array", "Decimal", "OtherString", "Promise"];
    matches!(name, [name] if BUILT_IN.contains(&name.as_str()))
}

fn text(context: &Context) -> Value {
    if context.field() == "currency" {
        return json!({ "type": "string", "format": "currency" });
    }
    let is_v2 = context.file.starts_with("resources/V2/");
    match comments::text(context.field(), &context.comment).filter(|_| is_v2) {
        Some(format) => json!({ "type": "string", "format": format }),
        None => json!({ "type": "string" }),
    }
}

/// The values, if the parts are nothing else.
fn literals(options: &[Part]) -> Option<Vec<&str>> {
    let values = options.iter().map(|option| match &option.ty {
        Type::Literal(text) => Some(text.as_str()),
        _ => None,
    });
    values
        .collect::<Option<Vec<_>>>()
        .filter(|it| !it.is_empty())
}

/// The interfaces whose property `object` is a literal, by what they are called in the API.
fn objects(modules: &Modules) -> Result<BTreeMap<Place, String>, Error> {
    let mut objects: BTreeMap<Place, String> = BTreeMap::new();
    for (file, module) in &modules.0 {
        for (name, interface) in &module.scope.interfaces {
            let Some(object) = interface.literal("object") else {
                continue;
            };
            let is_deleted = name.starts_with("Deleted")
                && interface
                    .property("deleted")
                    .is_some_and(|it| it.ty == Type::True);
            let place = Place {
                file: file.clone(),
                path: vec![name.clone()],
            };
            let prefix = if is_deleted { "deleted_" } else { "" };
            let object = format!("{prefix}{object}");
            if objects.values().any(|known| *known == object) {
                return Err(Error::new(
                    file,
                    name,
                    format!("`{object}` is declared twice"),
                ));
            }
            objects.insert(place, object);
        }
    }
    Ok(objects)
}
