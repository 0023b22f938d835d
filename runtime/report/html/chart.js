// Line charts: SVG, a legend that shows and hides, a cross-hair that all charts of the same time share.

const MARGIN = { right: 14, top: 12, bottom: 24 };

// Ticks of an axis at round numbers, from 0 or `from` up to `to`.
function ticks(from, to, about) {
  const span = to - from || 1;
  const rough = span / about;
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  const all = [];
  for (let at = Math.ceil(from / step - 1e-9) * step; at <= to + step * 1e-6; at += step) all.push(at);
  return all;
}

function timeTicks(from, to, about) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 28800, 43200, 86400];
  const step = steps.find((n) => n >= (to - from) / about) || Math.ceil((to - from) / about / 86400) * 86400;
  const all = [];
  for (let at = Math.ceil(from / step) * step; at <= to + 1e-6; at += step) all.push(at);
  return all;
}

function logTicks(from, to) {
  const all = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    for (const n of [1, 2, 5]) {
      const at = n * Math.pow(10, power);
      if (at >= from * 0.999 && at <= to * 1.001) all.push(at);
    }
  }
  return all.length > 8 ? all.filter((at) => Math.abs(Math.log10(at) - Math.round(Math.log10(at))) < 1e-9) : all;
}

class Chart {
  // series: [{ name, color, values, dash, area, x }]; each has its own `x`, or all share one. link: charts that share a cross-hair.
  // gap: the greatest distance of two points that a line connects. Without a point for longer, there were no values.
  constructor({ title, note, x, series, format, axis, xName, xTicks, log, height, link, hidden, most, domain, gap }) {
    Object.assign(this, { x, series, gap: gap || Infinity, axis: axis || format, format, xName: xName || clock, xTicks: xTicks || timeTicks, log, link, most, domain });
    this.height = height || 200;
    this.off = new Set(hidden || []);
    this.legend = el('div', { className: 'legend' });
    this.plot = el('div', { className: 'plot' });
    this.node = el('section', { className: 'card chart' },
      el('div', { className: 'top' }, el('h3', null, title, note && el('small', null, note)), this.legend), this.plot);
    this.tip = el('div', { className: 'tip', hidden: true });
    this.title = title;
    if (link) link.push(this);
    this.redraw = throttled(() => this.draw());
    if (typeof ResizeObserver !== 'undefined') new ResizeObserver(this.redraw).observe(this.plot);
    else addEventListener('resize', this.redraw);
    this.drawLegend();
  }

  set(series) {
    this.series = series;
    this.drawLegend();
    this.draw();
  }

  drawLegend() {
    const alone = this.series.length < 2;
    this.legend.replaceChildren(...(alone ? [] : this.series.map((one) => {
      const toggle = () => {
        if (this.off.has(one.name)) this.off.delete(one.name);
        else this.off.add(one.name);
        this.drawLegend();
        this.draw();
      };
      return el('button', { type: 'button', 'aria-pressed': String(!this.off.has(one.name)), title: one.name, on: { click: toggle } },
        el('i', { className: one.dash ? 'dash' : null, style: { 'border-color': one.color } }), el('span', null, one.name));
    })));
  }

  draw() {
    const width = Math.max(this.plot.clientWidth, 120);
    const height = this.height;
    const shown = this.series.filter((one) => !this.off.has(one.name) && one.values.some((value) => value !== null));
    const xs = (one) => one.x || this.x;
    if (!shown.length || !shown.some((one) => xs(one).length)) {
      this.plot.replaceChildren(el('p', { className: 'empty' }, 'Nothing to draw.'));
      return;
    }
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const one of shown) {
      for (const at of xs(one)) { left = Math.min(left, at); right = Math.max(right, at); }
      for (const value of one.values) {
        if (value !== null && !(this.log && value <= 0)) { low = Math.min(low, value); high = Math.max(high, value); }
      }
    }
    if (this.domain) [left, right] = [Math.min(left, this.domain[0]), Math.max(right, this.domain[1])];
    if (right === left) { left -= 0.5; right += 0.5; }
    if (this.log) {
      if (!isFinite(low)) [low, high] = [1, 10];
      low /= 1.15; high *= 1.15;
      if (high / low < 3) { const middle = Math.sqrt(low * high); low = middle / 1.8; high = middle * 1.8; }
    } else {
      low = Math.min(0, low);
      const top = ticks(low, high || 1, 4);
      const step = top.length > 1 ? top[1] - top[0] : high;
      high = Math.max(Math.ceil((high || 1) / step - 1e-9) * step, this.most ? Math.min(this.most, (high || 1) * 1.2) : 0);
    }
    const { right: mr, top: mt, bottom: mb } = MARGIN;
    const steps = (this.log ? logTicks(low, high) : ticks(low, high, 4)).map((at) => [at, this.axis(at)]);
    // The margin is as wide as the widest label.
    const ml = 18 + 6.4 * Math.max(...steps.map(([, label]) => label.length));
    const px = (at) => ml + ((at - left) / (right - left)) * (width - ml - mr);
    const part = this.log ? (value) => Math.log(value / low) / Math.log(high / low) : (value) => (value - low) / (high - low);
    const py = (value) => height - mb - Math.min(1, Math.max(0, part(value))) * (height - mt - mb);
    const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, height, role: 'img', 'aria-label': this.title });
    for (const [at, label] of steps) {
      picture.append(svg('line', { className: 'gridline', x1: ml, x2: width - mr, y1: py(at), y2: py(at) }),
        svg('text', { x: ml - 7, y: py(at) + 4, 'text-anchor': 'end' }, label));
    }
    let before = -Infinity;
    for (const at of this.xTicks(left, right, Math.max(2, Math.floor((width - ml - mr) / 78)))) {
      const near = px(at) > width - mr - 22;
      const room = px(at) - before > 34;
      if (room) before = px(at);
      picture.append(svg('line', { className: 'gridline', x1: px(at), x2: px(at), y1: mt, y2: height - mb }),
        svg('text', { x: near ? width - mr : px(at), y: height - 7, 'text-anchor': near ? 'end' : 'middle' }, room ? this.xName(at) : ''));
    }
    picture.append(svg('line', { className: 'axis', x1: ml, x2: width - mr, y1: height - mb, y2: height - mb }));
    for (const one of shown) {
      if (one.area) picture.append(svg('path', { className: 'area', d: this.path(one, xs(one), px, py, py(0)), fill: one.color }));
      picture.append(svg('path', { className: one.dash ? 'curve dash' : 'curve', d: this.path(one, xs(one), px, py), stroke: one.color, 'data-series': one.name }));
      // No line leads to a point whose neighbors are missing.
      for (const [[x, value]] of this.stretches(one, xs(one)).filter((stretch) => stretch.length === 1)) {
        picture.append(svg('circle', { className: 'alone', cx: px(x), cy: py(value), r: 3.2, fill: one.color }));
      }
    }
    this.cross = svg('line', { className: 'cross', y1: mt, y2: height - mb, visibility: 'hidden' });
    this.dots = shown.map((one) => svg('circle', { r: 3.2, fill: one.color, visibility: 'hidden' }));
    picture.append(this.cross, ...this.dots);
    Object.assign(this, { shown, px, py, left, right, width });
    const move = (event) => {
      const box = picture.getBoundingClientRect();
      const at = left + ((event.clientX - box.left - ml) / (width - ml - mr)) * (right - left);
      for (const chart of this.link || [this]) chart.point(at, chart === this);
    };
    const leave = () => { for (const chart of this.link || [this]) chart.point(null); };
    picture.addEventListener('pointermove', move);
    picture.addEventListener('pointerdown', move);
    picture.addEventListener('pointerleave', leave);
    this.plot.replaceChildren(picture, this.tip);
    // A live chart is drawn again while the pointer is on it.
    if (this.at !== undefined && this.at !== null) this.point(this.at, this.tells);
  }

  // The parts of a series without a gap, as lists of [x, value].
  stretches(one, xs) {
    const all = [];
    let open = null;
    one.values.forEach((value, i) => {
      if (value === null || value === undefined || (this.log && value <= 0)) { open = null; return; }
      if (open && xs[i] - open[open.length - 1][0] > this.gap) open = null;
      if (!open) all.push(open = []);
      open.push([xs[i], value]);
    });
    return all;
  }

  // The line of a series. With a base, the area between the line and the base.
  path(one, xs, px, py, base) {
    return this.stretches(one, xs).map((stretch) => {
      const points = stretch.map(([x, value]) => `${px(x).toFixed(1)} ${py(value).toFixed(1)}`);
      const line = 'M' + points.join('L');
      return base === undefined ? line : `${line}L${px(stretch[stretch.length - 1][0]).toFixed(1)} ${base}L${px(stretch[0][0]).toFixed(1)} ${base}Z`;
    }).join('');
  }

  // Shows the figures at a position of the axis, or hides them.
  point(at, tell) {
    Object.assign(this, { at, tells: tell });
    if (!this.shown || !this.cross) return;
    if (at === null || !isFinite(at)) {
      for (const mark of [this.cross, ...this.dots]) mark.setAttribute('visibility', 'hidden');
      this.tip.hidden = true;
      return;
    }
    const rows = [];
    let exact = null;
    this.shown.forEach((one, k) => {
      const xs = one.x || this.x;
      const i = nearest(xs, at);
      const value = one.values[i];
      const dot = this.dots[k];
      if (value === null || value === undefined) { dot.setAttribute('visibility', 'hidden'); return; }
      if (exact === null || Math.abs(xs[i] - at) < Math.abs(exact - at)) exact = xs[i];
      dot.setAttribute('cx', this.px(xs[i]));
      dot.setAttribute('cy', this.py(value));
      dot.setAttribute('visibility', 'visible');
      rows.push(el('tr', null, el('td', null, el('i', { style: { background: one.color } }), one.name), el('td', null, this.format(value))));
    });
    if (exact === null) return;
    const x = this.px(exact);
    this.cross.setAttribute('x1', x);
    this.cross.setAttribute('x2', x);
    this.cross.setAttribute('visibility', 'visible');
    this.tip.hidden = !tell;
    if (!tell) return;
    this.tip.replaceChildren(el('div', { className: 'soft' }, this.xName(exact)), el('table', null, el('tbody', null, rows)));
    const right = x > this.width / 2;
    this.tip.style.left = right ? 'auto' : `${x + 10}px`;
    this.tip.style.right = right ? `${this.width - x + 10}px` : 'auto';
  }
}

function nearest(xs, at) {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] < at) low = middle;
    else high = middle;
  }
  return Math.abs(xs[low] - at) <= Math.abs(xs[high] - at) ? low : high;
}

// A sparkline. `at` has the numbers of its points, and may leave some out.
function spark(at, values, width, height) {
  const most = Math.max(...values, 1e-9);
  const step = width / Math.max(at[at.length - 1] - at[0], 1);
  const path = values.map((value, i) => `${i && at[i] === at[i - 1] + 1 ? 'L' : 'M'}${((at[i] - at[0]) * step).toFixed(1)} ${(height - 1.5 - (value / most) * (height - 3)).toFixed(1)}`);
  return svg('svg', { className: 'spark', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    svg('path', { d: values.length === 1 ? path[0] + `h${width}` : path.join('') }));
}
