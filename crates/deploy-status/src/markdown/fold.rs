//! A collapsed section.

/// Renders a section that a reader can open. With the blank lines, its contents are read as Markdown.
pub fn fold(title: &str, is_open: bool, inside: &str) -> String {
    let open = if is_open { " open" } else { "" };
    format!("<details{open}><summary>{title}</summary>\n\n{inside}\n</details>\n\n")
}
