//! The layout of a spec: indentation, blank lines between items, comments.

/// The longest line that is not broken.
pub(super) const WIDTH: usize = 110;

/// The last line of a text.
fn last(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// The text of a spec while it is written.
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

    /// Writes a line, or several of which all but the first are already indented.
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(&" ".repeat(self.indent()));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Writes an empty line, unless there is one already or a block or the file begins here.
    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && !self.out.ends_with("{\n") {
            self.out.push('\n');
        }
    }

    /// Writes comment lines. A carriage return or line break in the text does not end the comment.
    pub(super) fn comment(&mut self, text: &str) {
        let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        self.line(format!("# {text}").trim_end());
    }

    /// Writes `HEAD { … }` around the output of `content`.
    pub(super) fn block(&mut self, head: &str, content: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        content(self);
        self.depth -= 1;
        self.line("}");
    }

    /// Writes the parts of a request after its head: on the same line if there is one short part, otherwise each on its own line.
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

    /// Appends the blocks of an `if`, and moves each `else` to the line of the bracket before it.
    pub(super) fn embed_branches(&mut self, branches: Self) {
        let margin = " ".repeat(branches.indent());
        self.out.push_str(&branches.out.replace(&format!("\n{margin}}}\n{margin}else"), &format!("\n{margin}}} else")));
    }

    /// The finished text.
    pub(super) fn finish(self) -> String {
        self.out
    }
}
