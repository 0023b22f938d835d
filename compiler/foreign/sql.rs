//! Functions of SQL, in capitals.

/// Patterns of calls, each with its fix.
pub(super) static CALLS: &[(&str, &str)] = &[
    ("COUNT", "write `len({1})`"),
    ("LENGTH", "write `len({1})`"),
    ("LEN", "write `len({1})`"),
    ("COALESCE", "write `if {1} == null then {2} else {1}`"),
    ("IFNULL", "write `if {1} == null then {2} else {1}`"),
    ("NVL", "write `if {1} == null then {2} else {1}`"),
    ("SUBSTRING", "write a slice, both of whose ends are included: `{1}[0..2]`"),
    ("SUBSTR", "write a slice, both of whose ends are included: `{1}[0..2]`"),
    ("UPPER", "write `upper({1})`"),
    ("LOWER", "write `lower({1})`"),
    ("TRIM", "write `trim({1})`"),
    ("REPLACE", "write `replace({args})`"),
    ("CONCAT", "write the values in a string, such as `\"{a}{b}\"`"),
    ("ROUND", "write `round({1})`"),
    ("SUM", "write `sum({1})`"),
    ("MIN", "write `min({1})`"),
    ("MAX", "write `max({1})`"),
    ("NOW", "write `now()`"),
    ("RAND", "write `random(0.0, 1.0)`"),
    ("UUID", "write `uuid()`"),
    ("CAST", "write `int(x)`, `float(x)` or `string(x)`"),
];
