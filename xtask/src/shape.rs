//! `cargo xtask shape`: how long our functions and files are, and each `unsafe`, counted in the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use serde_json::{Value, json};
use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::failure::Failure;
use crate::metadata;
use crate::sources::{self, Source};

/// No function is longer than this, in lines from `fn` to its closing brace.
const FUNCTION_LIMIT: usize = 70;
/// No file is longer than this, unless it is a table.
const FILE_LIMIT: usize = 600;

/// The figures of one package.
#[derive(Default)]
pub(crate) struct Shape {
    pub(crate) files: usize,
    pub(crate) lines: usize,
    pub(crate) functions: usize,
    /// Functions of at most ten lines.
    pub(crate) short: usize,
    pub(crate) longest_function: Length,
    pub(crate) longest_file: Length,
    pub(crate) unsafe_count: usize,
}

/// Something with a length in lines, and where it is.
#[derive(Default, Clone, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) lines: usize,
    pub(crate) place: String,
}

/// Prints the figures per package and fails when a limit is passed.
pub(crate) fn command(root: &Path) -> Result<(), Failure> {
    let sources = sources::read(root, &metadata::packages(root)?)?;
    let shapes = measure(&sources);
    println!(
        "{:<15} {:>5} {:>6} {:>5} {:>7} {:>6}  longest function, longest file",
        "package", "files", "lines", "fns", "<=10", "unsafe"
    );
    for (package, shape) in &shapes {
        let share = 100 * shape.short / shape.functions.max(1);
        println!(
            "{package:<15} {:>5} {:>6} {:>5} {share:>6}% {:>6}  {} {}, {} {}",
            shape.files,
            shape.lines,
            shape.functions,
            shape.unsafe_count,
            shape.longest_function.lines,
            shape.longest_function.place,
            shape.longest_file.lines,
            shape.longest_file.place,
        );
    }
    let path = root.join("target/shape.json");
    std::fs::create_dir_all(root.join("target"))?;
    std::fs::write(&path, format!("{:#}\n", as_json(&shapes))).map_err(|error| Failure::at(&path, &error))?;
    let faults: Vec<String> = shapes.values().flat_map(over_limits).collect();
    if faults.is_empty() { Ok(()) } else { Err(Failure::new(format!("shape: {}", faults.join("\n  ")))) }
}

fn over_limits(shape: &Shape) -> Vec<String> {
    let mut faults = Vec::new();
    if shape.longest_function.lines > FUNCTION_LIMIT {
        let Length { lines, place } = &shape.longest_function;
        faults.push(format!("{place} has {lines} lines; a function has at most {FUNCTION_LIMIT}"));
    }
    if shape.longest_file.lines > FILE_LIMIT {
        let Length { lines, place } = &shape.longest_file;
        faults
            .push(format!("{place} has {lines} lines; a file has at most {FILE_LIMIT} unless it is a table"));
    }
    faults
}

fn as_json(shapes: &BTreeMap<String, Shape>) -> Value {
    let length = |length: &Length| json!({ "lines": length.lines, "place": length.place });
    let packages = shapes.iter().map(|(package, shape)| {
        let figures = json!({
            "files": shape.files,
            "lines": shape.lines,
            "functions": shape.functions,
            "short_functions": shape.short,
            "longest_function": length(&shape.longest_function),
            "longest_file": length(&shape.longest_file),
            "unsafe": shape.unsafe_count,
        });
        (package.clone(), figures)
    });
    Value::Object(packages.collect())
}

/// The figures of each package that has sources. Tests count as files and lines, not as functions.
pub(crate) fn measure(sources: &[Source]) -> BTreeMap<String, Shape> {
    let tests = test_modules(sources);
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for source in sources {
        let shape = shapes.entry(source.package.clone()).or_default();
        let lines = source.text.lines().count();
        shape.files += 1;
        shape.lines += lines;
        shape.unsafe_count += count_unsafe(source.text.parse().unwrap_or_default());
        if !is_table(source, lines) {
            longer(&mut shape.longest_file, Length { lines, place: source.path.display().to_string() });
        }
        if !is_test(&source.path, &tests) {
            for function in functions(source) {
                shape.functions += 1;
                shape.short += usize::from(function.lines <= 10);
                longer(&mut shape.longest_function, function);
            }
        }
    }
    shapes
}

fn longer(longest: &mut Length, other: Length) {
    if other.lines > longest.lines {
        *longest = other;
    }
}

/// A table is a file of which more than half is constants, as test vectors and registries are.
fn is_table(source: &Source, lines: usize) -> bool {
    let in_constants: usize = source
        .syntax
        .items
        .iter()
        .filter(|item| matches!(item, syn::Item::Const(_) | syn::Item::Static(_)))
        .map(|item| span_lines(item.span().start().line, item.span().end().line))
        .sum();
    in_constants * 2 > lines
}

fn span_lines(first: usize, last: usize) -> usize {
    (last + 1).saturating_sub(first)
}

fn count_unsafe(stream: TokenStream) -> usize {
    stream
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => count_unsafe(group.stream()),
            TokenTree::Ident(ident) => usize::from(ident == "unsafe"),
            TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
        })
        .sum()
}

/// The files of modules declared `#[cfg(test)] mod name;`, without their ending.
fn test_modules(sources: &[Source]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for source in sources {
        for item in &source.syntax.items {
            if let syn::Item::Mod(module) = item
                && module.content.is_none()
                && module.attrs.iter().any(is_cfg_test)
            {
                found.insert(submodules(&source.path).join(module.ident.to_string()));
            }
        }
    }
    found
}

/// The folder in which the submodules of a file lie.
fn submodules(path: &Path) -> PathBuf {
    let named =
        path.file_name().is_some_and(|name| name == "lib.rs" || name == "main.rs" || name == "mod.rs");
    if named { path.with_file_name("") } else { path.with_extension("") }
}

fn is_test(path: &Path, tests: &BTreeSet<PathBuf>) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || tests.iter().any(|module| path.with_extension("").starts_with(module))
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test")
}

fn functions(source: &Source) -> Vec<Length> {
    let mut functions = Functions { path: &source.path, found: Vec::new() };
    functions.visit_file(&source.syntax);
    functions.found
}

/// Collects each function with a body, leaving out test modules.
struct Functions<'a> {
    path: &'a Path,
    found: Vec<Length>,
}

impl Functions<'_> {
    fn note(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.span().start().line;
        let lines = span_lines(first, block.brace_token.span.close().end().line);
        let place = format!("{}:{first} {}", self.path.display(), signature.ident);
        self.found.push(Length { lines, place });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !module.attrs.iter().any(is_cfg_test) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.note(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        let syntax = syn::parse_file(text).unwrap();
        Source { path: path.into(), package: "it".to_owned(), text: text.to_owned(), syntax }
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let text = "/// Words.\n#[inline]\npub fn a(\n    b: u8,\n) -> u8 {\n    b\n}\n\nstruct S;\nimpl S { fn c() {} }\n";
        let shapes = measure(&[source("src/lib.rs", text)]);
        let shape = &shapes["it"];
        assert_eq!((shape.functions, shape.short, shape.longest_function.lines), (2, 2, 5));
        assert_eq!(shape.longest_function.place, "src/lib.rs:3 a");
    }

    #[test]
    fn tests_are_not_functions_of_the_product() {
        let lib = source(
            "src/lib.rs",
            "#[cfg(test)]\nmod trial;\n#[cfg(test)]\nmod tests { fn a() {} }\nfn b() {}",
        );
        let shapes = measure(&[lib, source("src/trial.rs", "fn c() {}"), source("tests/x.rs", "fn d() {}")]);
        assert_eq!(shapes["it"].functions, 1);
    }

    #[test]
    fn unsafe_is_counted_in_code_alone() {
        let text = "// unsafe\nconst A: &str = \"unsafe\";\nunsafe fn a() {}\nfn b() { m!(unsafe { a() }) }";
        assert_eq!(measure(&[source("src/lib.rs", text)])["it"].unsafe_count, 2);
    }

    #[test]
    fn tables_may_be_long() {
        let table = format!("const T: &[u8] = &[\n{}];\nfn a() {{}}\n", "1,\n".repeat(700));
        let code = "fn a() {}\n".repeat(701);
        assert!(over_limits(&measure(&[source("src/lib.rs", &table)])["it"]).is_empty());
        assert_eq!(over_limits(&measure(&[source("src/lib.rs", &code)])["it"]).len(), 1);
    }
}
