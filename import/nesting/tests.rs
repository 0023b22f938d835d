//! Tests of the bounds on how deeply a script is nested.

use super::*;

/// Parses a script on a stack of the size that importers have, so that a script that overflows it fails the test.
fn is_read(source: &str, syntax: Syntax) -> bool {
    crate::with_stack(|| {
        let parsed = match syntax {
            Syntax::JavaScript => crate::js::parse(source),
            Syntax::Python => crate::python::parse(source),
        };
        if parsed.is_ok() { Ok(crate::draft::Draft::default()) } else { Err(crate::ImportError::new("", 1, 1, "")) }
    })
    .is_ok()
}

#[test]
fn scripts_that_nest_too_deeply_are_refused() {
    let javascript = [
        "(",
        "[",
        "{",
        "f(",
        "[{a:",
        "(()=>",
        "function f(){",
        "a?b:",
        "!",
        "- ",
        "typeof ",
        "new ",
        "await ",
        "1+",
        "a.",
        "a[0][",
        "x=>",
        "a=",
        "`${",
        "if(a)",
        "if(a)b\nelse ",
        "if(a)b;else ",
        "for(;;)",
        "a:",
        "class extends ",
        "/a/.b+",
        "class A{m(){",
        "f`${",
        "...",
        "a\n.b\n.",
        "a**",
        "a&&",
    ];
    let python = [
        "(",
        "[",
        "{1:",
        "f(",
        "lambda: ",
        "not ",
        "-",
        "1 if a else ",
        "1+",
        "a.",
        "a[",
        "await ",
        "[x for x in ",
        "2**",
        "1<",
        "a and ",
        "\\\n~",
    ];
    for (syntax, parts) in [(Syntax::JavaScript, &javascript[..]), (Syntax::Python, &python[..])] {
        for part in parts {
            let source = format!("x = {}", part.repeat(300_000));
            assert!(check(&source, syntax).is_err(), "{part}");
            assert!(!is_read(&source, syntax), "{part}");
        }
    }
}

#[test]
fn what_is_nested_as_deeply_as_allowed_is_read() {
    let nested =
        |open: &str, inner: &str, close: &str, levels: usize| format!("x = {}{inner}{}", open.repeat(levels), close.repeat(levels));
    let javascript = [
        ("(", "1", ")", 199),
        ("[", "1", "]", 199),
        ("[[", "1", "]]", 99),
        ("!", "1", "", 4_900),
        ("1+", "1", "", 2_400),
        ("", "a", ".a", 2_400),
        ("", "a", "()", 4_000),
        ("x=>", "1", "", 1_600),
        ("`${", "1", "}`", 199),
        ("a?b:", "1", "", 1_200),
        ("(()=>", "1", ")", 99),
    ];
    let python = [
        ("(", "1", ")", 199),
        ("{1:", "1", "}", 199),
        ("not ", "1", "", 4_900),
        ("1+", "1", "", 2_400),
        ("", "a", ".a", 2_400),
        ("lambda: ", "1", "", 2_400),
        ("1 if a else ", "1", "", 1_200),
    ];
    for (syntax, cases) in [(Syntax::JavaScript, &javascript[..]), (Syntax::Python, &python[..])] {
        for (open, inner, close, levels) in cases {
            assert!(is_read(&nested(open, inner, close, *levels), syntax), "{open}");
        }
    }
}

#[test]
fn long_scripts_that_are_not_nested_are_read() {
    let lines = [
        "http.get('http://a.b/c')\nsleep(1)\n",
        "a(); // ( ( (\n",
        "/* { */ b('( \" (');\n",
        "let re = /[(/]\\/(/.test(x);\n",
        "function f(){}function g(){if(a){b()}else{c()}}",
        "d(`( ${e(`{`)} (`);\n",
        "const x = { a: 1, 'b': [1, 2] }\n",
    ];
    for line in lines {
        assert_eq!(check(&line.repeat(20_000), Syntax::JavaScript), Ok(()), "{line}");
        assert!(is_read(line, Syntax::JavaScript), "{line}");
    }
    for line in ["a.b('/(')\n", "x = \"\"\"( {\n(\"\"\" # (\n", "y = ('a' 'b'\n  'c')\n", "if a: b()\n", "z = 'it\\'s ('\n"] {
        assert_eq!(check(&line.repeat(20_000), Syntax::Python), Ok(()), "{line}");
        assert!(is_read(line, Syntax::Python), "{line}");
    }
    assert_eq!(check(&format!("x = [{}]", "1, ".repeat(200_000)), Syntax::JavaScript), Ok(()));
    assert_eq!(check("a\n\n((", Syntax::Python), Ok(()));
    assert_eq!(check(&format!("a\n\n{}", "(".repeat(300)), Syntax::Python).unwrap_err().line, 3);
}
