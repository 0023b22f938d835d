// The steps that the panel makes of what `--debug` prints.
"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { page, parse } = require("../src/exchanges");

const OUTPUT = `
\u001b[1m== Visitor: Browse\u001b[0m

\u001b[1m-- step "Search"\u001b[0m interrupt \u001b[2mspecs/shop.lt:9:3\u001b[0m
> GET /shop/items?q=mug HTTP/1.1
> host: 127.0.0.1:8137
< HTTP/1.1 200 OK
<
< {"items":["<b>"]}
  first byte 1.2 ms, whole 1.3 ms; 90 bytes out, 120 in
  ✓ expect 200  got 200
  take ids = ["a"]

-- step "Item" specs/shop.lt:15:3
> GET /shop/items/a HTTP/1.1
< HTTP/1.1 404 Not Found
  ✗ expect 200
    specs/shop.lt:17:5 expected status 200, got 404
log specs/shop.lt:20:3 done

2 steps, 1 failed
`;

test("steps have their exchanges, facts and places", () => {
  const [scenario] = parse(OUTPUT);
  assert.equal(scenario.name, "Visitor: Browse");
  const [search, item, log, summary] = scenario.parts;
  assert.deepEqual([search.name, search.flags, search.failed], ["Search", "interrupt", false]);
  assert.deepEqual(search.place, { file: "specs/shop.lt", line: 9, column: 3 });
  assert.deepEqual(search.sent, ["GET /shop/items?q=mug HTTP/1.1", "host: 127.0.0.1:8137"]);
  assert.deepEqual(search.received, ["HTTP/1.1 200 OK", "", '{"items":["<b>"]}']);
  assert.equal(search.facts[2].text, 'take ids = ["a"]');
  assert.ok(item.failed && item.facts[1].bad);
  assert.deepEqual(item.facts[1].place, { file: "specs/shop.lt", line: 17, column: 5 });
  assert.equal(log.note, "log specs/shop.lt:20:3 done");
  assert.equal(summary.note, "2 steps, 1 failed");
});

test("what a server sends stays text, and only failed steps are open", () => {
  const html = page("shop <x>", OUTPUT, "exit code 1", "n0nce");
  assert.ok(html.includes("&lt;b&gt;") && !html.includes('"<b>"') && html.includes("shop &lt;x&gt;"));
  assert.equal(html.match(/<details open>/g).length, 1);
  assert.equal(html.match(/<script/g).length, 1);
  assert.ok(html.includes('data-file="specs/shop.lt" data-line="17"'));
});

test("a test that prints nothing has a page", () => {
  assert.deepEqual(parse(""), []);
  assert.ok(page("x", "", "running", "n").includes("running"));
});
