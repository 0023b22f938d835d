// The page as a whole.

const figures = JSON.parse(document.getElementById('figures').textContent);
span = figures.seconds;
const run = figures.run;
const total = figures.total;
const timeline = figures.timeline;

function heading() {
  const { verdict } = figures;
  const colour = { passed: 'passed', failed: 'failed', broken: 'failed' }[verdict] || 'odd';
  const apis = run.apis.map((api) => `${api.name} ${api.version}`.trim()).join(', ');
  const fact = (name, value) => (value ? el('span', null, name + ' ', el('b', null, value)) : null);
  const started = run.started_at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  return [
    el('div', { className: 'title' }, el('h1', null, run.test),
      el('span', { className: 'badge ' + colour, id: 'verdict' }, figures.verdict_text)),
    run.description && el('p', { className: 'soft' }, run.description),
    el('div', { className: 'facts' }, fact('environment', run.env), fact('started', started), fact('lasted', lasted(figures.seconds)), fact('APIs', apis)),
    figures.warnings.length > 0 && el('div', { className: 'notes', role: 'note' }, el('ul', null, figures.warnings.map((text) => el('li', null, text)))),
  ];
}

function tiles() {
  const tile = (name, value, more, bad) => el('div', { className: 'card tile' + (bad ? ' bad' : '') },
    el('span', null, name), el('strong', null, value), el('em', null, more || '\u00a0'));
  const peak = (values) => values.reduce((most, value) => Math.max(most, value || 0), 0);
  const p = (name) => (total.times.count ? total.times.p[figures.percentiles.indexOf(name)] : null);
  const users = peak(timeline.users);
  return el('div', { className: 'tiles' },
    tile('Requests', count(total.requests), `${size(total.received)} in`),
    tile('Failures', share(total.failures, total.tried), `${count(total.failures)}${total.failed.count ? ', after ' + took(total.failed.avg) : ''}`, total.failures > 0),
    total.unfinished > 0 ? tile('Unfinished', count(total.unfinished), `waited up to ${took(total.longest)}`, true) : null,
    tile('Requests/s', trim(total.rps), `peak ${trim(peak(timeline.rps))}`),
    users > 0 ? tile('Users at most', count(users), peak(timeline.planned) > 0 ? `planned ${count(peak(timeline.planned))}` : 'for arrivals') : null,
    tile('Median', took(p('50')), total.times.count ? `avg ${took(total.times.avg)}` : 'no request succeeded'),
    tile('p95', took(p('95')), `p90 ${took(p('90'))}`),
    tile('p99', took(p('99')), `p99.9 ${took(p('99.9'))}`),
    tile('Slowest', took(p('100')), `fastest ${took(total.times.count ? total.times.min : null)}`),
    figures.missed > 0 ? tile('Arrivals missed', count(figures.missed), 'no free user', true) : null);
}

function thresholdSection() {
  if (!figures.thresholds.length) return null;
  const badge = { passed: 'passed', failed: 'failed' };
  const rows = figures.thresholds.map((one) => el('tr', null,
    el('td', null, el('span', { className: 'badge ' + (badge[one.word] || 'odd') }, one.word)),
    el('td', { className: 'left wrap' }, el('code', null, one.text), one.detail ? el('div', { className: 'soft small' }, one.detail) : null),
    el('td', null, one.actual), el('td', null, one.limit)));
  const head = (name, left) => el('th', { scope: 'col', className: left ? 'left' : null }, name);
  return [
    el('h2', { id: 'thresholds' }, 'Thresholds'),
    el('div', { className: 'card scroll' }, el('table', { className: 'list thresholds' },
      el('thead', null, el('tr', null, head('', true), head('Threshold', true), head('Measured'), head('Limit'))), el('tbody', null, rows))),
  ];
}

function chartSection() {
  const x = timeline.from.map((from, i) => (from + timeline.to[i]) / 2);
  const link = [];
  const chart = (title, series, format, more) => new Chart({ title, series, format, x, link, domain: [0, figures.seconds], gap: figures.width * 1.5, ...more });
  const line = (name, values, color, dash) => ({ name, values, color: `var(--c${color})`, dash });
  const any = (values) => values.some((value) => value > 0);
  // The numbers of active and planned users are those at the end of an interval.
  const ends = [...timeline.to.map((to, i) => Math.min(to, x[i] + figures.interval / 2)), figures.seconds];
  const counted = (name, values, color, dash) => ({ ...line(name, [...values, figures.left[name]], color, dash), x: ends });
  const charts = [
    chart('Requests a second', [line('requests', timeline.rps, 0)], trim, { axis: short }),
    chart('Response times', [line('p50', timeline.p50, 2), line('p90', timeline.p90, 4), line('p95', timeline.p95, 0), line('p99', timeline.p99, 1), line('max', timeline.max, 3)],
      took, { hidden: ['p90', 'max'], note: 'of successful requests' }),
    (any(timeline.users) || any(timeline.planned)) &&
      chart('Users', [counted('running', timeline.users, 0), any(timeline.planned) && counted('planned', timeline.planned, 1, true)].filter(Boolean), trim,
        { axis: short }),
    chart('Failures', [line('failed', timeline.share, 3)], (value) => trim(value) + '%', { note: '% of requests', most: 100 }),
    any(timeline.missed) && chart('Arrivals missed', [line('missed', timeline.missed, 3)], count, { axis: short }),
  ];
  const health = [
    any(timeline.cpu) && chart('Processor of the generator', [line('used', timeline.cpu, 4), any(timeline.stolen) && line('taken by the host', timeline.stolen, 3)].filter(Boolean),
      (value) => trim(value) + '%', { most: 100 }),
    chart('Lag of the generator', [line('p99', timeline.lag, 4)], took, { note: 'how late iterations begin' }),
    chart('Received', [line('a second', timeline.received, 2)], (value) => size(value) + '/s', { axis: size }),
    any(timeline.opened) && chart('Connections opened', [line('a second', timeline.opened, 2)], trim, { axis: short, note: 'a second' }),
  ];
  const grid = (all) => el('div', { className: 'grid' }, all.filter(Boolean).map((one) => one.node));
  return { course: [el('h2', { id: 'course' }, 'Over time'), grid(charts)], health: grid(health), all: [...charts, ...health].filter(Boolean) };
}

function healthFacts() {
  const percent = (part) => trim(part * 100) + '%';
  const { average, peak, waited, stolen } = figures.cpu;
  const lost = [waited && `threads waited for one ${percent(waited)} of the time`, stolen && `the machine's host took ${percent(stolen)}`].filter(Boolean).map((part) => part + '; ').join('');
  return `processors ${percent(average)} in use, at most ${percent(peak)}; ${lost}iterations began ${took(figures.lag.p[7])} late at p99, ${took(figures.lag.p[10])} at most`;
}

function aboutSection() {
  const row = (name, value) => (value || value === 0 ? [el('dt', null, name), el('dd', null, value)] : null);
  const facts = el('dl', null,
    row('Spec', run.spec), row('Started', run.started_at), row('Lasted', lasted(figures.seconds)), row('Environment', run.env),
    run.apis.map((api) => row(`API ${api.name}`, api.version || 'no version told')),
    (run.plan || []).map((text, i) => row(i ? '' : 'Plan', text)),
    row('Seed', String(run.seed)), row('Machine', run.hostname), row('Compiled by', 'ltc ' + run.ltc_version),
    figures.setup.map(([what, requests, failed], i) => row(i ? '' : 'Apart', `${what}: ${count(requests)} ${requests === 1 ? 'request' : 'requests'}${failed ? `, ${count(failed)} failed` : ''}`)),
    run.tls_unverified ? row('TLS', 'not verified') : null,
    figures.never.length ? row('Never run', figures.never.length > 30 ? `${figures.never.length} steps` : figures.never.join(', ')) : null);
  return [
    el('h2', { id: 'run' }, 'What was run'),
    el('div', { className: 'card about' }, facts, el('div', null, el('h4', null, 'Profile'), el('pre', { tabindex: 0 }, run.profile.trimEnd() || '–'))),
  ];
}

function page() {
  document.getElementById('head').append(...heading().filter(Boolean));
  const charts = chartSection();
  const steps = new Steps();
  const printed = el('div', { className: 'print' });
  addEventListener('beforeprint', () => printed.replaceChildren(...steps.printed()));
  addEventListener('afterprint', () => printed.replaceChildren());
  const sections = [
    tiles(), thresholdSection(), charts.course,
    el('h2', { id: 'steps' }, 'Steps', el('small', null, 'times in milliseconds, of successful requests; pick a name to see it below')), steps.node, printed,
    el('h2', { id: 'picked' }, 'Picked steps'), steps.charts,
    failureSection(),
    el('h2', { id: 'generator' }, 'The generator', el('small', null, healthFacts())), charts.health,
    aboutSection(),
  ];
  document.getElementById('main').append(...sections.flat().filter(Boolean));
  document.getElementById('foot').append(`Percentiles are exact to three digits, from histograms that were merged, not averaged. Made by ltc ${run.ltc_version}.`);
  for (const chart of [...charts.all, steps.nines, steps.p50, steps.p95, steps.rps, steps.failing]) chart.draw();
}

page();
