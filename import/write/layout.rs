//! The layout of a spec: indentation, blank lines between items, comments.

/// The longest line that is not broken.
pub(super) const WIDTH: usize = 110;

/// The last line of a text.
fn last(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// A spec as it is written.
#[derive(Debug, Default)]
pub(super) struct Layout {
    out: String,
    depth: usize,
}

impl Layout {
    /// The number of spaces before a line.
    pub(super) fn indent(&self) -> usize {
        self.depth * 2
    }

    /// A line, or several that are indented already from the second on.
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(&" ".repeat(self.indent()));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// An empty line, unless one is there, or a block or the file begins.
    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && !self.out.ends_with("{\n") {
            self.out.push('\n');
        }
    }

    /// Comment lines. A carriage return or line break in one does not end it.
    pub(super) fn comment(&mut self, text: &str) {
        let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        self.line(format!("# {text}").trim_end());
    }

    /// `HEAD { … }` around what `content` writes.
    pub(super) fn block(&mut self, head: &str, content: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        content(self);
        self.depth -= 1;
        self.line("}");
    }

    /// The parts of a request behind its head: in the same line if there is one short part, otherwise each in its own line.
    pub(super) fn head_with_parts(&mut self, head: &str, parts: impl Fn(usize) -> Vec<String>) {
        let inline = parts(self.indent());
        match inline.as_slice() {
            [] => self.line(head),
            [part] if !part.contains('\n') && self.indent() + last(head).len() + part.len() + 5 <= WIDTH => {
                self.line(&format!("{head} {{ {part} }}"));
            }
            _ => {
                let indented = parts(self.indent() + 2);
                self.block(head, |layout| indented.iter().for_each(|part| layout.line(part)));
            }
        }
    }

    /// An empty layout at the depth of another.
    pub(super) fn nested(other: &Self) -> Self {
        Self { out: String::new(), depth: other.depth }
    }

    /// Appends the blocks of an `if`: each `else` moves to the line of the bracket before it.
    pub(super) fn embed_branches(&mut self, branches: Self) {
        let margin = " ".repeat(branches.indent());
        self.out.push_str(&branches.out.replace(&format!("\n{margin}}}\n{margin}else"), &format!("\n{margin}}} else")));
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.out
    }
}
