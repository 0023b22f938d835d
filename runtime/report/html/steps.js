// The table of steps, which can be sorted and filtered, and the charts of selected steps.

const COLORS = ['var(--c0)', 'var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)'];
const ROWS = 25;

const percentileColumns = (times) => figures.percentiles.map((name, i) =>
  ({ name: 'p' + name, value: (line) => (times(line).count ? times(line).p[i] : null), show: ms }));

function views() {
  const requests = { name: 'Requests', value: (line) => line.requests, show: count };
  const failures = [
    { name: 'Failed', value: (line) => line.failures, show: count, bad: (line) => line.failures > 0 },
    { name: '%', value: (line) => (line.tried ? line.failures / line.tried : 0), show: (_, line) => share(line.failures, line.tried), bad: (line) => line.failures > 0 },
  ];
  const times = (of) => [
    requests, ...failures,
    { name: 'rps', value: (line) => line.rps, show: trim },
    { name: 'avg ms', value: (line) => (of(line).count ? of(line).avg : null), show: ms },
    { name: 'min', value: (line) => (of(line).count ? of(line).min : null), show: ms },
    ...percentileColumns(of),
    { name: 'trend', title: 'p95 over time', value: null, cell: (line) => (line.course && line.course.p95.length ? spark(line.course.at, line.course.p95, 64, 20) : '') },
  ];
  const plain = (name, key, show) => ({ name, value: (line) => line[key], show });
  const all = [['Response times', times((line) => line.times)]];
  if (figures.total.service) all.push(['Service times', times((line) => line.service || line.times)]);
  const after = (name, of) => ({ name, value: (line) => (line.failed.count ? of(line.failed) : null), show: ms });
  const p = (name) => (times) => times.p[figures.percentiles.indexOf(name)];
  all.push(['Failures', [
    requests, ...failures,
    after('failed after: avg ms', (times) => times.avg), after('p50', p('50')), after('p95', p('95')), after('max', p('100')),
    { ...plain('Unfinished', 'unfinished', count), bad: (line) => line.unfinished > 0 },
    { name: 'longest wait ms', value: (line) => (line.unfinished ? line.longest : null), show: ms },
    plain('Sent again', 'resends', count),
  ]]);
  all.push(['Traffic', [
    requests, plain('Sent', 'sent', size), plain('Received', 'received', size),
    { name: 'Received each', value: (line) => (line.requests ? line.received / line.requests : 0), show: size },
    plain('Opened', 'opened', count), plain('Reused', 'reused', count),
    plain('Redirects', 'redirects', count),
    plain('DNS ms', 'dns', ms), plain('Connect', 'connect', ms), plain('TLS', 'tls', ms), plain('First byte', 'first', ms),
    plain('Retried', 'retried', count), plain('Skipped', 'skipped', count),
    { name: 'of them failed', value: (line) => line.skipped_failures, show: count, bad: (line) => line.skipped_failures > 0 },
  ]]);
  return all;
}

class Steps {
  constructor() {
    this.views = views();
    this.view = 0;
    this.sort = null;
    this.filter = '';
    this.all = false;
    // Initially selects the rows that took most of the total time.
    const steps = figures.lines.filter((line) => !line.group && line.requests);
    const weight = (line) => line.times.avg * line.requests;
    this.picked = steps.slice().sort((a, b) => weight(b) - weight(a)).slice(0, 3);
    this.tabs = el('div', { className: 'tabs', role: 'group', 'aria-label': 'What the table shows' });
    this.scroll = el('div', { className: 'scroll' });
    this.more = el('button', { type: 'button', className: 'more', on: { click: () => { this.all = true; this.draw(); } } });
    const typed = (event) => { this.filter = event.target.value; this.draw(); };
    this.search = el('input', { type: 'search', placeholder: 'Filter by name', 'aria-label': 'Filter by name', on: { input: typed } });
    this.told = el('span', { className: 'soft' });
    this.node = el('div', { className: 'card screen' },
      el('div', { className: 'bar' }, this.tabs, figures.lines.length > 8 && this.search, this.told), this.scroll, this.more);
    this.makeCharts();
    this.draw();
  }

  lines() {
    const wanted = this.filter.trim().toLowerCase();
    const found = figures.lines.filter((line) => !wanted || line.name.toLowerCase().includes(wanted));
    if (!this.sort) return found;
    const { column, down } = this.sort;
    const value = column === 'Step' ? (line) => line.name : this.views[this.view][1].find((one) => one.name === column)?.value;
    if (!value) return found;
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === y) return 0;
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return (x < y ? -1 : 1) * (down ? -1 : 1);
    };
    return found.slice().sort(order);
  }

  draw() {
    this.tabs.replaceChildren(...this.views.map(([name], i) => el('button',
      { type: 'button', 'aria-pressed': String(i === this.view), on: { click: () => { this.view = i; this.draw(); } } }, name)));
    const lines = this.lines();
    const shown = this.all || lines.length <= ROWS * 2 ? lines : lines.slice(0, ROWS);
    this.scroll.replaceChildren(this.table(this.views[this.view][1], shown));
    this.more.hidden = shown.length === lines.length;
    this.more.textContent = `Show all ${count(lines.length)}`;
    this.told.textContent = this.filter ? `${count(lines.length)} of ${count(figures.lines.length)}` : '';
  }

  // A print-out has no buttons, so it contains all rows with the columns of all views.
  printed() {
    return this.views.map(([name, columns]) => [el('h3', null, name), el('div', { className: 'card long' }, this.table(columns, figures.lines))]).flat();
  }

  table(columns, lines) {
    const head = (name, sorts, title) => {
      const sorted = this.sort && this.sort.column === name ? (this.sort.down ? 'descending' : 'ascending') : null;
      const click = () => {
        // Figures are sorted in descending order, names from A. A second click reverses the order, a third one restores that of the spec.
        const first = name !== 'Step';
        if (!sorted) this.sort = { column: name, down: first };
        else if (this.sort.down === first) this.sort = { column: name, down: !first };
        else this.sort = null;
        this.draw();
      };
      return el('th', { scope: 'col', 'aria-sort': sorted, title }, sorts ? el('button', { type: 'button', on: { click } }, name) : name);
    };
    const cells = (line) => columns.map((column) => {
      if (column.cell) return el('td', null, column.cell(line));
      const value = column.value(line);
      const none = value === null || value === undefined || value === 0;
      return el('td', { className: column.bad && column.bad(line) ? 'bad' : none ? 'none' : null }, value === null || value === undefined ? '–' : column.show(value, line));
    });
    const rows = lines.map((line) => {
      const color = this.colorOf(line);
      const pick = el('button', { type: 'button', className: 'pick', 'aria-pressed': String(!!color), title: line.name, on: { click: () => this.pick(line) } },
        el('i', { style: color ? { background: color, 'border-color': color } : {} }),
        el('span', null, line.name), line.group ? el('small', { className: 'soft' }, 'group') : null);
      return el('tr', { className: line.group ? 'group' : null }, el('td', null, pick), cells(line));
    });
    const total = el('tr', { className: 'total' }, el('td', null, 'Total'), cells(figures.total));
    return el('table', { className: 'list steps' },
      el('thead', null, el('tr', null, head('Step', true), columns.map((column) => head(column.name, !!column.value, column.title)))),
      el('tbody', null, rows), el('tfoot', null, total));
  }

  colorOf(line) {
    const place = this.picked.indexOf(line);
    return place < 0 ? null : COLORS[place];
  }

  pick(line) {
    const place = this.picked.indexOf(line);
    if (place >= 0) this.picked.splice(place, 1);
    else {
      if (this.picked.length === COLORS.length) this.picked.shift();
      this.picked.push(line);
    }
    this.draw();
    this.drawCharts();
  }

  makeCharts() {
    const link = [];
    const over = (title, note, format, axis) => new Chart({ title, note, x: [], series: [], format, axis, link, height: 210, domain: [0, figures.seconds], gap: figures.width * 1.5 });
    this.nines = new Chart({
      title: 'Distribution', note: 'response times; the axis goes in nines', x: [], series: [], format: took, axis: took, log: true, height: 300,
      xName: nineName, xTicks: (from, to) => [0, 0.30103, 1, 2, 3, 4, 5, 6].filter((x) => x >= from && x <= to),
    });
    this.p50 = over('Median over time', null, took, took);
    this.p95 = over('p95 over time', 'to 2%', took, took);
    this.rps = over('Requests a second', null, trim, short);
    this.failing = over('Failures a second', null, trim, short);
    this.charts = el('div', null, this.nines.node, el('div', { className: 'grid', style: { 'margin-top': '14px' } },
      this.p50.node, this.p95.node, this.rps.node, this.failing.node));
    this.drawCharts();
  }

  drawCharts() {
    // The last value is the maximum. Its position follows from the number of values.
    const curve = (name, times, color, dash) => ({
      name, color, dash, values: times.nines,
      x: times.nines.map((_, i) => (i === times.nines.length - 1 ? Math.max(Math.log10(times.count || 1), (i - 1) / 10) : i / 10)),
    });
    const series = this.picked.map((line, i) => curve(line.name, line.times, COLORS[i]));
    this.nines.set([curve('Total', figures.total.times, 'var(--c5)', true), ...series]);
    const width = figures.width || 1;
    const over = (values) => this.picked.map((line, i) => {
      const x = line.course.at.map((number) => Math.min((number + 0.5) * width, figures.seconds));
      return { name: line.name, color: COLORS[i], x, values: values(line.course) };
    });
    // The last interval may be shorter, or slightly longer.
    const last = Math.max(...figures.lines.flatMap((line) => line.course.at));
    const length = (at) => (at === last ? Math.max(Math.min(width * 1.25, figures.seconds - at * width), width / 10) : width);
    const rate = (key) => (course) => course[key].map((n, i) => n / length(course.at[i]));
    this.p50.set(over((course) => course.p50));
    this.p95.set(over((course) => course.p95));
    this.rps.set(over(rate('requests')));
    this.failing.set(over(rate('failures')));
  }
}
