// The live page. It receives past and new events from the server, and draws them with the scripts that it shares with the report.

const $ = (id) => document.getElementById(id);
const token = location.hash.slice(1);
let about = null, past = [], now = null, state = "connecting", behind = 0;

// ---- formatting of figures ---------------------------------------------------------------------------------------------------------
const rate = (v) => v == null ? "–" : v >= 1000 ? count(v) : v.toFixed(1);
const hours = (s) => [s / 3600, s / 60 % 60, s % 60].map((v) => String(Math.floor(v)).padStart(2, "0")).join(":");

// ---- charts ------------------------------------------------------------------------------------------------------------------------
// A tick is [time, users, planned, rps, failures per second, p50, p95, p99, max, waiting requests].
const link = [];
const chart = (id, title, series, format, more) => {
  const made = new Chart({ title, x: [], series: series.map((one) => ({ ...one, color: `var(--${one.color})`, values: [] })), format, link, height: 190, ...more });
  made.places = series.map((one) => one.at);
  $("charts").append(made.node);
  return made;
};
const charts = [
  chart("rps", "Requests a second", [{ name: "requests/s", at: 3, color: "c0", area: true }], rate, { axis: short }),
  chart("times", "Response times", [
    { name: "p50", at: 5, color: "c2" }, { name: "p95", at: 6, color: "c0" }, { name: "p99", at: 7, color: "c1" }, { name: "max", at: 8, color: "c3" },
  ], took, { hidden: ["max"], note: "of successful requests" }),
  chart("users", "Users", [
    { name: "running", at: 1, color: "c0", area: true }, { name: "planned", at: 2, color: "c1", dash: true }, { name: "requests waiting", at: 9, color: "c4" },
  ], trim, { axis: short, hidden: ["requests waiting"] }),
  chart("failures", "Failures a second", [{ name: "failures/s", at: 4, color: "bad", area: true }], rate, { axis: short }),
];
const draw = () => {
  const planned = about && about.planned_s || 0;
  const last = past.length ? past[past.length - 1][0] : 0;
  // Once a quarter of the planned time is over, the axis covers all of it. Before that, it covers only the time so far.
  span = Math.max(last, planned && last > planned / 4 ? planned : 0, 10);
  for (const one of charts) {
    one.x = past.map((tick) => tick[0]);
    one.series.forEach((series, i) => { series.values = past.map((tick) => tick[one.places[i]] ?? null); });
    one.domain = [0, span];
    one.draw();
  }
};

// ---- tables ------------------------------------------------------------------------------------------------------------------------
const columns = [
  ["Step", null, "name"], ["requests", (s) => count(s.requests), "requests"], ["rps", (s) => rate(s.rps), "rps"],
  ["failures", (s) => count(s.failures), "failures"], ["failed", (s) => share(s.failures, s.tried), "share"],
  ["p50", (s) => took(s.p50), "p50"], ["p95", (s) => took(s.p95), "p95"], ["p99", (s) => took(s.p99), "p99"], ["max", (s) => took(s.max), "max"],
  ["failed after", (s) => took(s.failed_after), "failed_after"], ["unfinished", (s) => count(s.unfinished), "unfinished"],
];
let sort = null, down = true;
const heads = columns.map(([title, , key]) => {
  const head = el("th", { className: "sortable", tabindex: 0, scope: "col" }, title);
  head.onclick = () => {
    // The first click sorts figures in descending order and names from A, the second one reverses that, the third one restores the spec's order.
    if (sort !== key) { sort = key; down = key !== "name"; } else if (down === (key !== "name")) down = !down; else sort = null;
    steps();
  };
  head.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); head.click(); } };
  return head;
});
$("steps").tHead.append(el("tr"));
$("steps").tHead.rows[0].append(...heads);
const row = (step, name) => {
  const line = el("tr");
  if (step.now_failures) line.className = "bad"; else if (step.group) line.className = "group";
  line.append(el("td", { className: "name", title: name }, name));
  for (const [, write] of columns.slice(1)) line.append(el("td", {}, write(step)));
  return line;
};
const steps = () => {
  if (!now) return;
  heads.forEach((head, index) => {
    const [title, , key] = columns[index];
    head.textContent = title + (sort === key ? (down ? " ▼" : " ▲") : "");
    head.setAttribute("aria-sort", sort !== key ? "none" : down ? "descending" : "ascending");
  });
  const value = (step) => sort === "share" ? step.failures / (step.tried || 1) : sort === "name" ? step.name : step[sort] ?? -1;
  const order = (a, b) => typeof value(a) === "string" ? value(b).localeCompare(value(a)) : value(b) - value(a);
  const list = sort ? [...now.steps].sort((a, b) => down ? order(a, b) : order(b, a)) : now.steps;
  $("steps").tBodies[0].replaceChildren(...list.map((step) => row(step, step.name)));
  $("steps").tFoot.replaceChildren(row({ ...now.total, now_failures: 0 }, "Total"));
};
$("failures").tHead.append(el("tr"));
for (const [title, side] of [["count", ""], ["first at", ""], ["step", "left"], ["what", "left"], ["location", "left"]]) {
  $("failures").tHead.rows[0].append(el("th", { className: side, scope: "col" }, title));
}
const failures = () => {
  const list = [...now.failures].sort((a, b) => b.count - a.count);
  $("none").hidden = list.length > 0;
  $("failures").hidden = !list.length;
  $("failures").tBodies[0].replaceChildren(...list.map((one) => {
    return el("tr", {}, el("td", {}, count(one.count)), el("td", {}, hours(one.at)), el("td", { className: "name" }, one.step || "(no step)"),
      el("td", { className: "text" }, one.text), el("td", { className: "place" }, one.place));
  }));
};

const shards = () => {
  const list = now.shards, told = list.filter((users) => users !== null).length;
  $("shards").hidden = !list.length;
  let text = `${told} of ${list.length} shards reporting`;
  if (about && about.interval_s) {
    const number = Math.min(Math.floor(now.tick[0] / about.interval_s) + 1, about.intervals || Infinity);
    text += ` · interval ${number}` + (about.intervals ? ` of ${about.intervals}` : "");
  }
  $("shards").replaceChildren(...list.map((users, index) => el("i", { className: users === null ? "silent" : null, title: `shard ${index}: ${users === null ? "silent" : users + " users"}` })),
    el("span", {}, text));
};
const thresholds = () => {
  const list = now.thresholds, broken = list.filter((one) => one.word === "failed").length;
  $("judged").hidden = !list.length;
  $("broken").textContent = broken ? `${broken} of ${list.length} broken` : "";
  $("thresholds").replaceChildren(...list.map((one) => {
    return el("li", { className: one.word, title: [one.word, one.detail].filter(Boolean).join(": ") },
      el("i", { "aria-label": one.word }, { passed: "✓", failed: "✗" }[one.word] || "·"), el("code", {}, one.text), el("b", {}, one.actual));
  }));
};

// ---- the rest ----------------------------------------------------------------------------------------------------------------------
const show = () => {
  draw();
  if (!now) return;
  const [, users, planned] = now.tick, total = now.total, over = state === "ended";
  $("c-rps").textContent = rate(total.rps);
  $("c-requests").textContent = count(total.requests) + " requests" + (now.waiting && !over ? ` · ${count(now.waiting)} wait, the oldest for ${took(now.oldest_ms)}` : "");
  $("c-users").textContent = count(over ? Math.max(0, ...past.map((tick) => tick[1])) : users);
  $("c-planned").textContent = over ? "at most" : past.some((tick) => tick[2]) ? `of ${count(planned)} planned` : "for arrivals";
  $("c-p95").textContent = took(total.p95);
  $("c-p50").textContent = `p50 ${took(total.p50)} · p99 ${took(total.p99)}`;
  $("c-failures").textContent = count(total.failures);
  $("c-failing").textContent = share(total.failures, total.tried) + " of all requests";
  $("card-failures").classList.toggle("bad", total.failures > 0);
  $("c-cpu").textContent = Math.round(now.cpu * 100) + "% cpu";
  $("c-lag").textContent = now.stolen >= .005 ? `late ${took(now.lag_ms)} · host took ${Math.round(now.stolen * 100)}%` : "iterations late by " + took(now.lag_ms);
  const notes = [];
  if (now.saturated) notes.push(`The load generator itself is saturated (${now.saturated}): the times below are partly its own.`);
  if (now.missed) notes.push(`${count(now.missed)} arrivals found no free user and were not made.`);
  if (over && total.unfinished) notes.push(`${count(total.unfinished)} ${total.unfinished === 1 ? "request" : "requests"} had no response yet when users were stopped.`);
  if (about && about.tls_unverified) notes.push("TLS certificates are not verified.");
  $("note").hidden = !notes.length;
  $("note").textContent = notes.join(" ");
  shards();
  thresholds();
  steps();
  failures();
};
const set = (next, word) => {
  state = next;
  $("pill").className = "pill " + next;
  $("pill").textContent = word;
  $("stop").hidden = !token || next !== "running";
  document.title = (about ? about.test + " · " : "") + word;
};
const beat = () => {
  if (!about) return;
  const over = state === "ended" || state === "lost";
  const elapsed = over && now ? now.tick[0] : Math.max(0, (Date.now() - behind - about.started_ms) / 1000);
  const planned = about.planned_s;
  $("time").textContent = planned ? `${hours(Math.min(elapsed, planned))} / ${hours(planned)}` : hours(elapsed);
  $("bar").style.width = (planned ? Math.min(100, elapsed / planned * 100) : 0) + "%";
};
setInterval(beat, 500);

const source = new EventSource("/events");
source.addEventListener("about", (event) => {
  about = JSON.parse(event.data);
  behind = Date.now() - about.now_ms;
  $("test").textContent = about.test;
  $("what").textContent = [about.env && "environment " + about.env, about.versions, about.description].filter(Boolean).join(" · ");
  $("foot").textContent = `${about.spec} · seed ${about.seed} · ltc ${about.ltc}`;
  if (state !== "stopping") set("running", "running");
  beat();
});
source.addEventListener("history", (event) => { past = JSON.parse(event.data); show(); });
source.addEventListener("interval", (event) => {
  now = JSON.parse(event.data);
  const last = past[past.length - 1];
  if (!last || now.tick[0] > last[0]) past.push(now.tick);
  // More points than pixels would not be visible.
  if (past.length > 3000) past = past.filter((_, index) => index % 2 === 0);
  show();
});
source.addEventListener("end", (event) => {
  now = JSON.parse(event.data);
  // A last point shows that the users have stopped.
  const [time, users, planned] = now.tick;
  past.push([time, users, planned, null, null, null, null, null, null, null]);
  source.close();
  set("ended", now.verdict_word);
  $("pill").classList.add(now.verdict);
  $("pill").title = now.verdict_text;
  $("steps").closest(".panel").querySelector("small").textContent = "the whole test";
  show();
  beat();
});
source.onerror = () => { if (state !== "ended") set("lost", "connection lost"); };
$("stop").onclick = () => $("ask").showModal();
$("no").onclick = () => $("ask").close();
$("yes").onclick = async () => {
  $("ask").close();
  const answer = await fetch("/stop", { method: "POST", headers: { "X-Ltc-Token": token } }).catch(() => null);
  if (answer && answer.ok) set("stopping", "stopping");
  else { $("note").hidden = false; $("note").textContent = "The test could not be stopped: open the page at the address that ltc printed."; }
};
