//! Specs with any content: parsing and checking neither panic nor report locations outside of the text.

#![no_main]

use ltc::check::{Assets, Input, ParsedFile, check};
use ltc::parse::parse;
use ltc::span::FileId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (ast, mut diagnostics) = parse(text, FileId(0));
    let files = [ParsedFile { path: "x.lt".to_owned(), text, ast: &ast, imports: vec![None; text.matches("import").count()] }];
    let assets = Assets::new();
    let (program, found) = check(&Input { name: "x", files: &files, env: None, assets: &assets });
    diagnostics.extend(found);
    for (span, _) in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(start <= end && end <= text.len(), "{start}..{end} of {}", text.len());
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{start}..{end}");
    }
    assert!(program.is_some() || diagnostics.iter().any(ltc::diagnostic::Diagnostic::is_error));
});
