//! Files that a spec embeds: `file("x")`, `files("dir/*.png")`.

use crate::ast::{self, Arg, ExprKind as Ast};
use crate::check::Checker;
use crate::check::types::{self, Kinds};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Asset, AssetId, Expr, ExprKind, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    pub(in crate::check) fn file(&mut self, args: &'a [Arg], span: Span) -> Expr {
        let slots = [("path", true), ("name", false), ("type", false)];
        let Some(bound) = self.bind("file", span, &slots, args, None) else {
            self.args_only(args);
            return crate::check::broken(span);
        };
        let mut named = |given: Option<&'a ast::Expr>| given.map(|e| Box::new(self.want(e, Kinds::STRING, "`file` takes")));
        let (name, media_type) = (named(bound[1]), named(bound[2]));
        for (given, what) in [(&name, "the file's name"), (&media_type, "the type of the file")] {
            if let Some(given) = given {
                self.check_one_line(given, what);
            }
        }
        let Some(ids) = bound[0].and_then(|path| self.assets(path)) else {
            return crate::check::broken(span);
        };
        match ids.first() {
            Some(&id) => Expr { kind: ExprKind::File(id, name, media_type), ty: Type::File, span },
            None => crate::check::broken(span),
        }
    }

    pub(in crate::check) fn files(&mut self, args: &'a [Arg], span: Span) -> Expr {
        let Some(bound) = self.bind("files", span, &[("pattern", true)], args, None) else {
            self.args_only(args);
            return crate::check::broken(span);
        };
        let Some(ids) = bound[0].and_then(|path| self.assets(path)) else {
            return crate::check::broken(span);
        };
        if ids.is_empty() {
            let d = Diagnostic::new(Code::NoFile, span, "no file matches this pattern").help("write `*` for any part of a name");
            return self.bad(d);
        }
        Expr { kind: ExprKind::Files(ids), ty: types::list(Type::File), span }
    }

    /// The files at a literal path or pattern. The driver has read them beforehand.
    pub(in crate::check) fn assets(&mut self, path: &'a ast::Expr) -> Option<Vec<AssetId>> {
        let Ast::Text(text) = &path.kind else {
            let written = self.written(path.span);
            let is_path =
                matches!(path.kind, Ast::Binary(..) | Ast::Member(..)) && written.contains('.') && !written.contains([' ', '"', '(']);
            if is_path {
                let d = Diagnostic::new(Code::NotLiteral, path.span, "missing quotes around the path of a file");
                self.report(d.write(&format!("\"{written}\"")));
                return None;
            }
            self.expr(path);
            self.not_literal(path.span, "a file's path");
            return None;
        };
        let Some(literal) = crate::check::declare::needs::literal(text) else {
            self.not_literal(path.span, "a file's path");
            return None;
        };
        let input = self.input;
        match input.assets.get(&(path.span.file, literal.clone())) {
            Some(Ok(loaded)) => Some(loaded.iter().map(|file| self.asset(&file.path, &file.bytes)).collect()),
            Some(Err(why)) => {
                let (why, help) = crate::check::why_not_read(why);
                self.error(Code::NoFile, path.span, format!("cannot read `{literal}`: {why}"), &help);
                None
            }
            None => {
                self.error(Code::NoFile, path.span, format!("file `{literal}` not found"), "write the path relative to this spec");
                None
            }
        }
    }

    pub(super) fn asset(&mut self, path: &str, bytes: &[u8]) -> AssetId {
        if let Some(known) = self.program.assets.iter().position(|asset| asset.path == path) {
            return AssetId(known);
        }
        self.program.assets.push(Asset { path: path.to_owned(), bytes: bytes.to_vec(), media_type: media_type(path).to_owned() });
        AssetId(self.program.assets.len() - 1)
    }
}

fn media_type(path: &str) -> &'static str {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "json" => "application/json",
        "xml" => "application/xml",
        "csv" => "text/csv",
        "txt" | "log" => "text/plain",
        "html" | "htm" => "text/html",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        _ => "application/octet-stream",
    }
}
