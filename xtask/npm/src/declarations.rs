//! A file of types (`.d.ts`) -> what it declares.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, Class, ClassElement, Declaration, ExportFromDeclaration, Expression,
    FormalParameters, ImportDeclaration, ImportDeclarationSpecifier, Program, Statement, TSLiteral,
    TSModuleReference, TSNamespaceDeclaration, TSNamespaceDeclarationBody, TSSignature, TSType,
    TSTypeAnnotation, TSTypeName,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};

use crate::error::Error;
use crate::model::{Import, Interface, Method, Module, Property, Scope, Type};

/// The declarations of a file. `file` is its path below the package's modules, which the paths of
/// its imports are relative to.
///
/// # Errors
/// Text that isn't TypeScript.
pub(crate) fn read(file: &str, text: &str) -> Result<Module, Error> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::d_ts()).parse();
    if let Some(error) = parsed.diagnostics.first() {
        return Err(Error::Syntax {
            file: file.to_owned(),
            message: error.to_string(),
        });
    }

    let reader = Reader::new(file, text, &parsed.program);
    let mut module = Module::default();
    for statement in &parsed.program.body {
        reader.top(statement, &mut module);
    }
    Ok(module)
}

/// `resources/Billing/index.js` for `./Billing/index.js` in `resources/Invoices.d.ts`.
fn target(file: &str, import: &str) -> String {
    let mut folders: Vec<&str> = file.split('/').collect();
    folders.pop();
    for step in import.split('/') {
        match step {
            "." | "" => {}
            ".." => _ = folders.pop(),
            step => folders.push(step),
        }
    }
    folders.join("/").trim_end_matches(".js").to_owned() + ".d.ts"
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    /// By the position of what follows it, each comment.
    comments: BTreeMap<u32, Span>,
}

impl<'t> Reader<'t> {
    fn new(file: &'t str, text: &'t str, program: &Program) -> Self {
        let comments = program.comments.iter();
        let comments = comments
            .map(|comment| (comment.attached_to, comment.content_span()))
            .collect();
        Self {
            file,
            text,
            comments,
        }
    }

    fn source(&self, span: Span) -> String {
        span.source_text(self.text).to_owned()
    }

    /// A statement of the file itself.
    fn top(&self, statement: &Statement, module: &mut Module) {
        match statement {
            Statement::ImportDeclaration(import) => self.import(import, module),
            Statement::ExportFromDeclaration(export) => self.export_from(export, module),
            _ => self.statement(statement, &mut module.scope),
        }
    }

    fn import(&self, import: &ImportDeclaration, module: &mut Module) {
        let file = target(self.file, &import.source.value);
        for specifier in import.specifiers.iter().flatten() {
            let (local, import) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) => (
                    &it.local,
                    Import::Named {
                        file: file.clone(),
                        name: it.imported.name().to_string(),
                    },
                ),
                ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => (
                    &it.local,
                    Import::Named {
                        file: file.clone(),
                        name: "default".to_owned(),
                    },
                ),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => {
                    (&it.local, Import::All { file: file.clone() })
                }
            };
            module.imports.insert(local.name.to_string(), import);
        }
    }

    fn export_from(&self, export: &ExportFromDeclaration, module: &mut Module) {
        let file = target(self.file, &export.source.value);
        for specifier in &export.specifiers {
            let import = Import::Named {
                file: file.clone(),
                name: specifier.local.name().to_string(),
            };
            let name = specifier.exported.name().to_string();
            module.exports.insert(name, import);
        }
    }

    /// A statement of the file or of a namespace. What isn't a declaration of a type is left out:
    /// whoever names it gets an error.
    fn statement(&self, statement: &Statement, scope: &mut Scope) {
        match statement {
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    let local = specifier.local.name().to_string();
                    let name = specifier.exported.name().to_string();
                    scope.links.insert(name, vec![local]);
                }
            }
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration, scope),
            _ => {
                if let Some(declaration) = statement.as_declaration() {
                    self.declaration(declaration, scope);
                }
            }
        }
    }

    fn declaration(&self, declaration: &Declaration, scope: &mut Scope) {
        match declaration {
            Declaration::TSInterfaceDeclaration(it) => {
                let interface = scope.interfaces.entry(it.id.name.to_string()).or_default();
                interface
                    .extends
                    .extend(it.extends.iter().map(|parent| words(&parent.type_name)));
                for member in &it.body.body {
                    self.member(member, interface);
                }
            }
            Declaration::TSTypeAliasDeclaration(it) => {
                let ty = self.ty(&it.type_annotation);
                scope.aliases.insert(it.id.name.to_string(), ty);
            }
            Declaration::ClassDeclaration(it) => {
                if let Some(name) = it.id.as_ref() {
                    let methods = self.class(it);
                    scope.classes.insert(name.name.to_string(), methods);
                }
            }
            Declaration::TSNamespaceDeclaration(it) => self.namespace(it, scope),
            Declaration::VariableDeclaration(it) => {
                for declarator in &it.declarations {
                    if let (
                        BindingPattern::BindingIdentifier(name),
                        Some(Expression::StringLiteral(value)),
                    ) = (&declarator.id, &declarator.init)
                    {
                        let value = Type::Literal(value.value.to_string());
                        scope.constants.insert(name.name.to_string(), value);
                    }
                }
            }
            Declaration::TSImportEqualsDeclaration(it) => {
                if let Some(path) = reference(&it.module_reference) {
                    scope.links.insert(it.id.name.to_string(), path);
                }
            }
            _ => {}
        }
    }

    fn namespace(&self, namespace: &TSNamespaceDeclaration, scope: &mut Scope) {
        let name = namespace.id.name.to_string();
        let inner = scope.scopes.entry(name).or_default();
        match &namespace.body {
            TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                for statement in &block.body {
                    self.statement(statement, inner);
                }
            }
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(below) => {
                self.namespace(below, inner);
            }
        }
    }

    fn member(&self, member: &TSSignature, interface: &mut Interface) {
        match member {
            TSSignature::TSPropertySignature(it) => {
                let Some(name) = it.key.static_name() else {
                    return;
                };
                let comment = self.comments.get(&it.span.start);
                interface.properties.push(Property {
                    name: name.into_owned(),
                    optional: it.optional,
                    ty: self.annotation(it.type_annotation.as_deref()),
                    comment: comment.map(|span| self.source(*span)).unwrap_or_default(),
                });
            }
            TSSignature::TSMethodSignature(it) => {
                let name = it.key.static_name().unwrap_or_default().into_owned();
                interface.methods.push(Method {
                    name,
                    parameters: self.parameters(&it.params),
                    returns: self.annotation(it.return_type.as_deref()),
                });
            }
            TSSignature::TSIndexSignature(it) => {
                interface.index = Some(self.ty(&it.type_annotation.type_annotation));
            }
            _ => {}
        }
    }

    fn class(&self, class: &Class) -> Vec<Method> {
        let methods = class.body.body.iter();
        methods
            .filter_map(|element| {
                let ClassElement::MethodDefinition(method) = element else {
                    return None;
                };
                Some(Method {
                    name: method.key.static_name()?.into_owned(),
                    parameters: self.parameters(&method.value.params),
                    returns: self.annotation(method.value.return_type.as_deref()),
                })
            })
            .collect()
    }

    fn parameters(&self, parameters: &FormalParameters) -> Vec<(String, Type)> {
        let parameters = parameters.items.iter();
        parameters
            .filter_map(|parameter| {
                let BindingPattern::BindingIdentifier(name) = &parameter.pattern else {
                    return None;
                };
                let ty = self.annotation(parameter.type_annotation.as_deref());
                Some((name.name.to_string(), ty))
            })
            .collect()
    }

    fn annotation(&self, annotation: Option<&TSTypeAnnotation>) -> Type {
        annotation.map_or(Type::Anything, |it| self.ty(&it.type_annotation))
    }

    fn ty(&self, ty: &TSType) -> Type {
        match ty {
            TSType::TSStringKeyword(_) => Type::Text,
            TSType::TSNumberKeyword(_) => Type::Number,
            TSType::TSBooleanKeyword(_) => Type::Boolean,
            TSType::TSBigIntKeyword(_) => Type::BigInt,
            TSType::TSNullKeyword(_) => Type::Null,
            TSType::TSVoidKeyword(_) | TSType::TSUndefinedKeyword(_) => Type::Void,
            TSType::TSUnknownKeyword(_) | TSType::TSAnyKeyword(_) => Type::Anything,
            TSType::TSUnionType(it) => Type::Union(it.types.iter().map(|ty| self.ty(ty)).collect()),
            TSType::TSParenthesizedType(it) => self.ty(&it.type_annotation),
            TSType::TSLiteralType(it) => match &it.literal {
                TSLiteral::StringLiteral(text) => Type::Literal(text.value.to_string()),
                TSLiteral::BooleanLiteral(it) if it.value => Type::True,
                _ => Type::Unreadable(self.source(it.span)),
            },
            TSType::TSTypeReference(it) => {
                let arguments = it.type_arguments.iter().flat_map(|it| &it.params);
                let arguments = arguments.map(|ty| self.ty(ty)).collect();
                Type::Name(words(&it.type_name), arguments)
            }
            TSType::TSTypeLiteral(it) => match it.members.as_slice() {
                [] => Type::Anything,
                [TSSignature::TSIndexSignature(index)] => {
                    Type::Map(Box::new(self.ty(&index.type_annotation.type_annotation)))
                }
                _ => Type::Unreadable(self.source(it.span)),
            },
            _ => Type::Unreadable(self.source(ty.span())),
        }
    }
}

/// `["Invoice", "Tax"]` for `Invoice.Tax`.
fn words(name: &TSTypeName) -> Vec<String> {
    match name {
        TSTypeName::IdentifierReference(it) => vec![it.name.to_string()],
        TSTypeName::QualifiedName(it) => {
            let mut words = words(&it.left);
            words.push(it.right.name.to_string());
            words
        }
        TSTypeName::ThisExpression(_) => vec!["this".to_owned()],
    }
}

fn reference(reference: &TSModuleReference) -> Option<Vec<String>> {
    match reference {
        TSModuleReference::IdentifierReference(it) => Some(vec![it.name.to_string()]),
        TSModuleReference::QualifiedName(it) => {
            let mut path = words(&it.left);
            path.push(it.right.name.to_string());
            Some(path)
        }
        TSModuleReference::ExternalModuleReference(_) => None,
    }
}
