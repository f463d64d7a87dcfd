//! The modules of a crate, read from its files as tokens: what each defines, passes on and names.
//!
//! Tokens instead of text, so that comments and strings do not count but macro calls do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module of a crate, in a file of its own or within one.
#[derive(Default)]
pub(super) struct Module {
    /// Relative to the crate's `src`.
    pub(super) file: String,
    /// Names that it defines.
    pub(super) items: BTreeSet<String>,
    /// Names that its `use` items bring in.
    pub(super) aliases: BTreeMap<String, Alias>,
    /// Modules that it imports whole, each path with `*` at its end.
    pub(super) globs: Vec<Vec<String>>,
    /// Paths of two names or more outside of its `use` items.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// Single names outside of its `use` items.
    names: BTreeSet<String>,
}

pub(super) struct Alias {
    pub(super) path: Vec<String>,
    pub(super) is_public: bool,
}

impl Module {
    /// Does its own code use a name, rather than only pass it on?
    pub(super) fn is_used(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.items.contains(name) || self.aliases.contains_key(name)
    }
}

/// Reads a crate's modules from the file `root` in the folder `src`.
pub(super) fn read(src: &Path, root: &str) -> BTreeMap<Vec<String>, Module> {
    let mut reader = Reader {
        src,
        modules: BTreeMap::new(),
    };
    reader.file(Vec::new(), &src.join(root), src.to_owned());
    reader.modules
}

struct Reader<'s> {
    src: &'s Path,
    modules: BTreeMap<Vec<String>, Module>,
}

impl Reader<'_> {
    /// Reads a file; its child modules have their files in `folder`.
    fn file(&mut self, at: Vec<String>, file: &Path, folder: PathBuf) {
        let text = std::fs::read_to_string(file).unwrap();
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let name = file.strip_prefix(self.src).unwrap().display().to_string();
        self.module(at, &name, &folder, tokens);
    }

    fn module(&mut self, at: Vec<String>, file: &str, folder: &Path, tokens: TokenStream) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let tokens: Vec<TokenTree> = without_tests(tokens);
        let mut i = 0;
        while i < tokens.len() {
            let word = word(&tokens[i]);
            let next = tokens.get(i + 1).map(self::word).unwrap_or_default();
            match word.as_str() {
                "use" => {
                    i = add_use(&mut module, &tokens, i);
                    continue;
                }
                "mod" if !next.is_empty() => {
                    let mut child = at.clone();
                    child.push(next.clone());
                    let folder = folder.join(&next);
                    match tokens.get(i + 2) {
                        Some(TokenTree::Group(body)) => {
                            self.module(child, file, &folder, body.stream());
                        }
                        _ => self.child(child, &folder),
                    }
                    i += 3;
                    continue;
                }
                "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static"
                    if !next.is_empty() =>
                {
                    let name = if next == "mut" {
                        tokens.get(i + 2).map(self::word).unwrap_or_default()
                    } else {
                        next
                    };
                    module.items.insert(name);
                }
                "macro_rules" => {
                    module
                        .items
                        .extend(tokens.get(i + 2).map(self::word).filter(|n| !n.is_empty()));
                }
                _ => {}
            }
            i += 1;
        }
        add_paths(&mut module, &without_uses(&tokens));
        self.modules.insert(at, module);
    }

    fn child(&mut self, at: Vec<String>, folder: &Path) {
        let beside = folder.with_extension("rs");
        let within = folder.join("mod.rs");
        let file = if beside.is_file() { beside } else { within };
        self.file(at, &file, folder.to_owned());
    }
}

fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Ident(ident) => ident.to_string(),
        _ => String::new(),
    }
}

fn is_punct(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c)
}

/// The tokens without the items that only tests have.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut i = 0;
    while i < all.len() {
        let is_for_tests = is_punct(all.get(i), '#')
            && matches!(all.get(i + 1), Some(TokenTree::Group(g)) if is_cfg_test(g.stream()));
        if is_for_tests {
            i = end_of_item(&all, i + 2);
        } else {
            kept.push(all[i].clone());
            i += 1;
        }
    }
    kept
}

fn is_cfg_test(attribute: TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// The end of the item that starts at `from`: after its `;` or its body.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let mut is_use = false;
    for (i, token) in tokens.iter().enumerate().skip(from) {
        is_use |= word(token) == "use";
        let is_body = matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
        if is_punct(Some(token), ';') || (is_body && !is_use) {
            return i + 1;
        }
    }
    tokens.len()
}

/// The tokens without `use` items: those bring names in, and do not yet use them.
fn without_uses(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if word(&tokens[i]) == "use" && !is_punct(tokens.get(i + 1), '<') {
            i = end_of_item(tokens, i);
        } else {
            kept.push(tokens[i].clone());
            i += 1;
        }
    }
    kept
}

/// Adds the names of the `use` item at `at`, and returns its end.
fn add_use(module: &mut Module, tokens: &[TokenTree], at: usize) -> usize {
    let is_public = match at.checked_sub(1).map(|i| &tokens[i]) {
        Some(TokenTree::Ident(ident)) => ident == "pub",
        Some(TokenTree::Group(group)) => {
            group.delimiter() == Delimiter::Parenthesis && at >= 2 && word(&tokens[at - 2]) == "pub"
        }
        _ => false,
    };
    let end = end_of_item(tokens, at);
    add_tree(module, &[], &tokens[at + 1..end - 1], is_public);
    end
}

fn add_tree(module: &mut Module, prefix: &[String], tokens: &[TokenTree], is_public: bool) {
    for branch in tokens.split(|t| is_punct(Some(t), ',')) {
        let mut path = prefix.to_vec();
        let mut name = None;
        let mut tokens = branch.iter();
        let mut is_open = true;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "as" => name = tokens.next().map(word),
                TokenTree::Ident(ident) if ident == "self" && !path.is_empty() => {}
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    add_tree(module, &path, &inner, is_public);
                    is_open = false;
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => {
                    path.push("*".to_owned());
                    module.globs.push(path.clone());
                    is_open = false;
                }
                _ => {}
            }
        }
        if let (true, Some(last)) = (is_open, path.last()) {
            let name = name.unwrap_or_else(|| last.clone());
            module.aliases.insert(name, Alias { path, is_public });
        }
    }
}

/// Adds the paths and names in code, within groups and macro calls too.
fn add_paths(module: &mut Module, tokens: &[TokenTree]) {
    let mut i = 0;
    while i < tokens.len() {
        match &tokens[i] {
            TokenTree::Group(group) => {
                let inner = without_tests(group.stream());
                for (at, token) in inner.iter().enumerate() {
                    if word(token) == "use" && !is_punct(inner.get(at + 1), '<') {
                        add_use(module, &inner, at);
                    }
                }
                add_paths(module, &without_uses(&inner));
            }
            TokenTree::Ident(ident) => {
                let is_start = i == 0
                    || !(is_punct(tokens.get(i - 1), '.')
                        || (is_punct(tokens.get(i - 1), ':')
                            && i >= 2
                            && is_punct(tokens.get(i - 2), ':')));
                let mut path = vec![ident.to_string()];
                while is_punct(tokens.get(i + 1), ':')
                    && is_punct(tokens.get(i + 2), ':')
                    && matches!(tokens.get(i + 3), Some(TokenTree::Ident(_)))
                {
                    path.push(word(&tokens[i + 3]));
                    i += 3;
                }
                if is_start && path.len() > 1 {
                    module.names.insert(path[0].clone());
                    module.paths.insert(path);
                } else if is_start {
                    module.names.extend(path);
                }
            }
            _ => {}
        }
        i += 1;
    }
}
