"use strict";
const $ = (id) => document.getElementById(id);
const token = location.hash.slice(1);
let about = null, ticks = [], now = null, state = "connecting", behind = 0;

// ---- how figures are written -------------------------------------------------------------------------------------------------------
const ms = (v) => v == null ? "–" : v >= 10000 ? (v / 1000).toFixed(1) + " s" : v >= 99.5 ? v.toFixed(0) + " ms" : v >= 9.95 ? v.toFixed(1) + " ms" : v.toFixed(2) + " ms";
const whole = (v) => Math.round(v).toLocaleString("en");
const rate = (v) => v == null ? "–" : v >= 1000 ? whole(v) : v.toFixed(1);
const clock = (s) => [s / 3600, s / 60 % 60, s % 60].map((v) => String(Math.floor(v)).padStart(2, "0")).join(":");
const percent = (part, of) => {
  if (!of || !part) return "0.0%";
  const share = part * 100 / of;
  return share < 0.05 ? "<0.1%" : share >= 99.95 && part < of ? ">99.9%" : share.toFixed(1) + "%";
};
const make = (tag, attributes = {}, text) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const svg = (tag, attributes = {}, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

// ---- charts ------------------------------------------------------------------------------------------------------------------------
// A tick is [time, users, planned, rps, failures a second, p50, p95, p99, max].
class Chart {
  constructor(id, title, series, write) {
    Object.assign(this, { box: $(id), series, write, hover: null });
    const top = make("div", { class: "top" });
    top.append(make("h2", {}, title));
    const legend = make("div", { class: "legend" });
    for (const one of series) {
      const button = make("button", { type: "button", "aria-pressed": String(!one.off) });
      const mark = make("i");
      mark.style.background = `var(--${one.color})`;
      button.append(mark, one.name);
      button.onclick = () => {
        one.off = !one.off;
        button.setAttribute("aria-pressed", String(!one.off));
        this.draw();
      };
      legend.append(button);
    }
    top.append(legend);
    this.svg = svg("svg", { role: "img", "aria-label": title + " over time" });
    this.tip = make("div", { class: "tip" });
    this.tip.hidden = true;
    this.box.append(top, this.svg, this.tip);
    this.svg.addEventListener("pointermove", (event) => { this.hover = event.clientX - this.svg.getBoundingClientRect().left; this.draw(); });
    this.svg.addEventListener("pointerleave", () => { this.hover = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  draw() {
    const width = this.svg.clientWidth, height = this.svg.clientHeight;
    this.svg.replaceChildren();
    this.tip.hidden = true;
    if (!width || !height) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const shown = this.series.filter((one) => !one.off);
    const left = 46, right = 8, top = 8, bottom = 20;
    const planned = about && about.planned_s || 0;
    const last = ticks.length ? ticks[ticks.length - 1][0] : 0;
    // A short test is shown whole; of a long one, what is over.
    const end = Math.max(last, planned && last > planned / 4 ? planned : 0, 10);
    let high = 0;
    for (const tick of ticks) for (const one of shown) high = Math.max(high, tick[one.at] || 0);
    const step = nice(high / 3 || 1);
    high = Math.max(step, Math.ceil(high / step - 1e-9) * step);
    const x = (t) => left + t / end * (width - left - right);
    const y = (v) => height - bottom - v / high * (height - top - bottom);
    for (let v = 0; v <= high + step / 1e6; v += step) {
      this.svg.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(v), y2: y(v) }));
      this.svg.append(svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, this.write(v, true)));
    }
    const every = niceTime(end / Math.max(2, Math.floor((width - left) / 90)));
    for (let t = 0; t <= end; t += every) {
      const anchor = t === 0 ? "start" : x(t) > width - 30 ? "end" : "middle";
      this.svg.append(svg("text", { x: x(t), y: height - 4, "text-anchor": anchor }, end < 3600 ? clock(t).slice(3) : clock(t).slice(0, 5)));
    }
    for (const one of shown) {
      for (const part of parts(ticks, one.at)) {
        const points = part.map((tick) => `${x(tick[0]).toFixed(1)},${y(tick[one.at]).toFixed(1)}`);
        if (one.area) {
          const base = y(0), from = x(part[0][0]).toFixed(1), to = x(part[part.length - 1][0]).toFixed(1);
          this.svg.append(svg("path", { d: `M${from},${base}L${points.join("L")}L${to},${base}Z`, fill: `var(--${one.color})`, opacity: .13 }));
        }
        const line = { d: "M" + points.join("L"), fill: "none", stroke: `var(--${one.color})`, "stroke-width": 1.8, "stroke-linejoin": "round" };
        if (one.dashed) line["stroke-dasharray"] = "4 4";
        this.svg.append(part.length > 1 ? svg("path", line) : svg("circle", { cx: x(part[0][0]), cy: y(part[0][one.at]), r: 2.5, fill: `var(--${one.color})` }));
      }
    }
    if (this.hover == null || !ticks.length) return;
    const time = (this.hover - left) / (width - left - right) * end;
    const tick = ticks.reduce((best, tick) => Math.abs(tick[0] - time) < Math.abs(best[0] - time) ? tick : best);
    const at = x(tick[0]);
    this.svg.append(svg("line", { class: "cross", x1: at, x2: at, y1: top, y2: height - bottom }));
    this.tip.replaceChildren(make("b", {}, clock(tick[0])));
    for (const one of shown) {
      if (tick[one.at] == null) continue;
      this.svg.append(svg("circle", { cx: at, cy: y(tick[one.at]), r: 3, fill: `var(--${one.color})` }));
      const line = make("div"), mark = make("i");
      mark.style.background = `var(--${one.color})`;
      line.append(mark, `${one.name} ${this.write(tick[one.at])}`);
      this.tip.append(line);
    }
    this.tip.hidden = false;
    const offset = this.svg.offsetLeft + at;
    this.tip.style.left = Math.max(6, offset + (at > width / 2 ? -this.tip.offsetWidth - 10 : 10)) + "px";
    this.tip.style.top = this.svg.offsetTop + 8 + "px";
  }
}

// Stretches without gaps: where nothing was measured there is no line.
const parts = (ticks, at) => {
  const all = [];
  let open = null;
  for (const tick of ticks) {
    if (tick[at] == null) { open = null; continue; }
    if (!open) all.push(open = []);
    open.push(tick);
  }
  return all;
};
const nice = (v) => {
  const power = 10 ** Math.floor(Math.log10(v)), part = v / power;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
};
const niceTime = (v) => [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600].find((step) => step >= v) || 43200;
const plain = (v) => v >= 10000 ? +(v / 1000).toFixed(1) + "k" : +v.toFixed(2) + "";

const charts = [
  new Chart("chart-rps", "Requests a second", [{ name: "requests/s", at: 3, color: "blue", area: true }], (v, axis) => axis ? plain(v) : rate(v)),
  new Chart("chart-times", "Response times", [
    { name: "p50", at: 5, color: "teal" }, { name: "p95", at: 6, color: "violet" }, { name: "p99", at: 7, color: "amber" },
    { name: "max", at: 8, color: "red", off: true },
  ], (v, axis) => axis ? (v >= 1000 ? +(v / 1000).toFixed(2) + " s" : +v.toFixed(2) + " ms") : ms(v)),
  new Chart("chart-users", "Users", [
    { name: "running", at: 1, color: "blue", area: true }, { name: "planned", at: 2, color: "amber", dashed: true },
  ], (v, axis) => axis ? plain(v) : whole(v)),
  new Chart("chart-failures", "Failures a second", [{ name: "failures/s", at: 4, color: "red", area: true }], (v, axis) => axis ? plain(v) : rate(v)),
];

// ---- tables ------------------------------------------------------------------------------------------------------------------------
const columns = [
  ["Step", null, "name"], ["requests", (s) => whole(s.requests), "requests"], ["rps", (s) => rate(s.rps), "rps"],
  ["failures", (s) => whole(s.failures), "failures"], ["failed", (s) => percent(s.failures, s.requests), "share"],
  ["p50", (s) => ms(s.p50), "p50"], ["p95", (s) => ms(s.p95), "p95"], ["p99", (s) => ms(s.p99), "p99"], ["max", (s) => ms(s.max), "max"],
];
let sort = null, down = true;
const heads = columns.map(([title, , key]) => {
  const head = make("th", { class: "sortable", tabindex: 0, scope: "col" }, title);
  head.onclick = () => {
    // Once down, once up, then as in the spec again.
    if (sort !== key) { sort = key; down = key !== "name"; } else if (down === (key !== "name")) down = !down; else sort = null;
    steps();
  };
  head.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); head.click(); } };
  return head;
});
$("steps").tHead.append(make("tr"));
$("steps").tHead.rows[0].append(...heads);
const row = (step, name) => {
  const line = make("tr");
  if (step.now_failures) line.className = "bad"; else if (step.group) line.className = "group";
  line.append(make("td", { class: "name", title: name }, name));
  for (const [, write] of columns.slice(1)) line.append(make("td", {}, write(step)));
  return line;
};
const steps = () => {
  if (!now) return;
  heads.forEach((head, index) => {
    const [title, , key] = columns[index];
    head.textContent = title + (sort === key ? (down ? " ▼" : " ▲") : "");
    head.setAttribute("aria-sort", sort !== key ? "none" : down ? "descending" : "ascending");
  });
  const value = (step) => sort === "share" ? step.failures / (step.requests || 1) : sort === "name" ? step.name : step[sort] ?? -1;
  const order = (a, b) => typeof value(a) === "string" ? value(b).localeCompare(value(a)) : value(b) - value(a);
  const list = sort ? [...now.steps].sort((a, b) => down ? order(a, b) : order(b, a)) : now.steps;
  $("steps").tBodies[0].replaceChildren(...list.map((step) => row(step, step.name)));
  $("steps").tFoot.replaceChildren(row({ ...now.total, now_failures: 0 }, "Total"));
};
$("failures").tHead.append(make("tr"));
for (const [title, side] of [["count", ""], ["first at", ""], ["step", "left"], ["what", "left"], ["place", "left"]]) {
  $("failures").tHead.rows[0].append(make("th", { class: side, scope: "col" }, title));
}
const failures = () => {
  const list = [...now.failures].sort((a, b) => b.count - a.count);
  $("none").hidden = list.length > 0;
  $("failures").hidden = !list.length;
  $("failures").tBodies[0].replaceChildren(...list.map((one) => {
    const line = make("tr");
    line.append(make("td", {}, whole(one.count)), make("td", {}, clock(one.at)), make("td", { class: "name" }, one.step || "(no step)"),
      make("td", { class: "text" }, one.text), make("td", { class: "place" }, one.place));
    return line;
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
  $("shards").replaceChildren(...list.map((users, index) => make("i", { class: users === null ? "silent" : "", title: `shard ${index}: ${users === null ? "silent" : users + " users"}` })),
    make("span", {}, text));
};
const thresholds = () => {
  const list = now.thresholds, broken = list.filter((one) => one.word === "failed").length;
  $("judged").hidden = !list.length;
  $("broken").textContent = broken ? `${broken} of ${list.length} broken` : "";
  $("thresholds").replaceChildren(...list.map((one) => {
    const line = make("li", { class: one.word, title: [one.word, one.detail].filter(Boolean).join(": ") });
    line.append(make("i", { "aria-label": one.word }, { passed: "✓", failed: "✗" }[one.word] || "·"), make("code", {}, one.text), make("b", {}, one.actual));
    return line;
  }));
};

// ---- the rest ----------------------------------------------------------------------------------------------------------------------
const show = () => {
  charts.forEach((chart) => chart.draw());
  if (!now) return;
  const [, users, planned] = now.tick, total = now.total, over = state === "ended";
  $("c-rps").textContent = rate(total.rps);
  $("c-requests").textContent = whole(total.requests) + " requests";
  $("c-users").textContent = whole(over ? Math.max(0, ...ticks.map((tick) => tick[1])) : users);
  $("c-planned").textContent = over ? "at most" : ticks.some((tick) => tick[2]) ? `of ${whole(planned)} planned` : "for arrivals";
  $("c-p95").textContent = ms(total.p95);
  $("c-p50").textContent = `p50 ${ms(total.p50)} · p99 ${ms(total.p99)}`;
  $("c-failures").textContent = whole(total.failures);
  $("c-failing").textContent = percent(total.failures, total.requests) + " of all requests";
  $("card-failures").classList.toggle("bad", total.failures > 0);
  $("c-cpu").textContent = Math.round(now.cpu * 100) + "% cpu";
  $("c-lag").textContent = now.stolen >= .005 ? `late ${ms(now.lag_ms)} · host took ${Math.round(now.stolen * 100)}%` : "turns late by " + ms(now.lag_ms);
  const notes = [];
  if (now.saturated) notes.push(`The load generator itself is saturated (${now.saturated}): the times below are partly its own.`);
  if (now.missed) notes.push(`${whole(now.missed)} arrivals found no free user and were not made.`);
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
  $("time").textContent = planned ? `${clock(Math.min(elapsed, planned))} / ${clock(planned)}` : clock(elapsed);
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
source.addEventListener("history", (event) => { ticks = JSON.parse(event.data); show(); });
source.addEventListener("moment", (event) => {
  now = JSON.parse(event.data);
  const last = ticks[ticks.length - 1];
  if (!last || now.tick[0] > last[0]) ticks.push(now.tick);
  // As many points as there are pixels are enough.
  if (ticks.length > 3000) ticks = ticks.filter((_, index) => index % 2 === 0);
  show();
});
source.addEventListener("end", (event) => {
  now = JSON.parse(event.data);
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
  else { $("note").hidden = false; $("note").textContent = "The test could not be stopped: open the page by the address that was printed."; }
};
