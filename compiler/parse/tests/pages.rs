//! The pages of the syntax codes: examples that should fail do so with that code, and examples that should pass do.

use super::{run, shown};
use crate::diagnostic::Code;

fn block(page: &str, title: &str) -> String {
    let rest = page.split_once(&format!("{title}:\n\n```lt\n")).unwrap_or_else(|| panic!("no block `{title}` in:\n{page}")).1;
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn examples_of_syntax_pages_fail_and_pass() {
    for code in Code::ALL.iter().filter(|code| code.as_str().starts_with("LT00") || code.as_str() == "LT0990") {
        let page = code.page();
        assert!(page.starts_with(&format!("# {}: ", code.as_str())), "{page}");
        let fails = block(page, "Fails");
        let (_, diagnostics) = run(&fails);
        assert!(diagnostics.iter().any(|d| d.code == *code), "{}:\n{fails}\n{}", code.as_str(), shown(&fails, &diagnostics));
        assert!(*code == Code::Syntax || diagnostics.len() == 1, "{}:\n{fails}\n{}", code.as_str(), shown(&fails, &diagnostics));
        let passes = block(page, "Passes");
        let (_, diagnostics) = run(&passes);
        assert!(diagnostics.is_empty(), "{}:\n{passes}\n{}", code.as_str(), shown(&passes, &diagnostics));
    }
}
