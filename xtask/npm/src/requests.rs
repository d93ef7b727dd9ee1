//! A file of code (`.js`) -> which request each method makes.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, CallExpression, Class, ClassElement, Declaration, Expression, Statement,
    TemplateLiteral,
};
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::error::Error;

/// A request: `GET` and `/v1/coupons/{id}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) verb: String,
    pub(crate) path: String,
}

/// By class and method, the requests of which it makes one.
pub(crate) type Requests = BTreeMap<(String, String), Vec<Request>>;

/// The requests of a file.
///
/// # Errors
/// Text that isn't JavaScript, and a request whose verb or path isn't written in the call.
pub(crate) fn read(file: &str, text: &str) -> Result<Requests, Error> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse();
    if let Some(error) = parsed.diagnostics.first() {
        return Err(Error::Syntax {
            file: file.to_owned(),
            message: error.to_string(),
        });
    }

    let mut requests = Requests::new();
    for statement in &parsed.program.body {
        if let Some(class) = exported_class(statement) {
            add_class(file, class, &mut requests)?;
        }
    }
    Ok(requests)
}

fn exported_class<'p>(statement: &'p Statement<'p>) -> Option<&'p Class<'p>> {
    let Statement::ExportDeclaration(export) = statement else {
        return None;
    };
    match &export.declaration {
        Declaration::ClassDeclaration(class) => Some(class),
        _ => None,
    }
}

fn add_class(file: &str, class: &Class, requests: &mut Requests) -> Result<(), Error> {
    let Some(id) = &class.id else {
        return Ok(());
    };
    let class_name = id.name.to_string();

    for element in &class.body.body {
        let ClassElement::MethodDefinition(method) = element else {
            continue;
        };
        let Some(name) = method.key.static_name() else {
            continue;
        };
        let mut calls = Vec::new();
        let body = method.value.body.iter().flat_map(|body| &body.statements);
        body.for_each(|statement| returned_calls(statement, &mut calls));

        let found = calls.into_iter().map(request).collect::<Option<Vec<_>>>();
        let found = found.ok_or_else(|| {
            let method = format!("{class_name}.{name}");
            Error::new(
                file,
                &method,
                "the verb and the path of its request aren't literals",
            )
        })?;
        if !found.is_empty() {
            requests.insert((class_name.clone(), name.into_owned()), found);
        }
    }
    Ok(())
}

/// The calls of `_makeRequest` that a statement returns, whichever way it takes.
fn returned_calls<'p>(statement: &'p Statement<'p>, calls: &mut Vec<&'p CallExpression<'p>>) {
    match statement {
        Statement::BlockStatement(block) => {
            for statement in &block.body {
                returned_calls(statement, calls);
            }
        }
        Statement::IfStatement(it) => {
            returned_calls(&it.consequent, calls);
            if let Some(statement) = &it.alternate {
                returned_calls(statement, calls);
            }
        }
        Statement::ReturnStatement(it) => {
            if let Some(Expression::CallExpression(call)) = &it.argument
                && let Expression::StaticMemberExpression(callee) = &call.callee
                && callee.property.name == "_makeRequest"
            {
                calls.push(call);
            }
        }
        _ => {}
    }
}

fn request(call: &CallExpression) -> Option<Request> {
    let [Argument::StringLiteral(verb), path, ..] = call.arguments.as_slice() else {
        return None;
    };
    let path = match path {
        Argument::StringLiteral(path) => path.value.to_string(),
        Argument::TemplateLiteral(template) => filled(template)?,
        _ => return None,
    };
    Some(Request {
        verb: verb.value.to_string(),
        path,
    })
}

/// `/v1/accounts/{account}/persons/{id}` for a template with the ids in its gaps.
fn filled(template: &TemplateLiteral) -> Option<String> {
    let mut path = String::new();
    for (position, text) in template.quasis.iter().enumerate() {
        path += &text.value.raw;
        if let Some(expression) = template.expressions.get(position) {
            let name = match expression {
                Expression::Identifier(name) => name,
                Expression::CallExpression(encode) => match encode.arguments.as_slice() {
                    [Argument::Identifier(name)] => name,
                    _ => return None,
                },
                _ => return None,
            };
            path += &format!("{{{}}}", parameter(&name.name));
        }
    }
    Some(named(&path))
}

/// `account` for `accountId`.
fn parameter(name: &str) -> String {
    let name = crate::names::snake(name);
    name.strip_suffix("_id").map(str::to_owned).unwrap_or(name)
}

/// The path with `{account}` for the `{id}` in `/accounts/{id}/persons`: an id with more behind it
/// is a parent's.
fn named(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').collect();
    let named = steps.iter().enumerate().map(|(position, step)| {
        let is_parent = *step == "{id}" && position + 1 < steps.len();
        match position.checked_sub(1).and_then(|before| steps.get(before)) {
            Some(parents) if is_parent => format!("{{{}}}", singular(parents)),
            _ => (*step).to_owned(),
        }
    });
    named.collect::<Vec<_>>().join("/")
}

fn singular(plural: &str) -> String {
    match plural.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => plural.trim_end_matches('s').to_owned(),
    }
}
