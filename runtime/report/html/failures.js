// Failures by kind, with their first examples.

const KINDS = 15;

function failureSection() {
  if (!figures.failed) return null;
  const list = el('div');
  let only = null;
  let all = false;
  const chips = el('div', { className: 'tabs', role: 'group', 'aria-label': 'Classes of failures' });
  const more = el('button', { type: 'button', className: 'more', on: { click: () => { all = true; draw(); } } });
  const draw = () => {
    chips.replaceChildren(...[[null, figures.failed], ...figures.classes].map(([name, n]) => el('button', {
      type: 'button', 'aria-pressed': String(only === name), on: { click: () => { only = name; draw(); } },
    }, `${name || 'all'} ${count(n)}`)));
    const found = figures.failures.filter((one) => !only || one.class === only);
    const shown = all ? found : found.slice(0, KINDS);
    list.replaceChildren(...shown.map(kind));
    more.hidden = shown.length === found.length;
    more.textContent = `Show all ${count(found.length)} kinds`;
  };
  draw();
  const further = figures.reasons.map(([step, of, what, n]) => `${count(n)} × ${step} · ${of}${what ? ' · ' + what : ''}`).join(', ');
  const reasons = further ? el('p', { className: 'empty' }, `Further reasons of the same failures: ${further}`) : null;
  const untold = figures.untold ? el('p', { className: 'empty' }, `${count(figures.untold)} more, of further kinds, were not told apart.`) : null;
  return [
    el('h2', { id: 'failures' }, 'Failures', el('small', null, `${figures.failed_words}, of ${figures.failures.length === 1 ? 'one kind' : count(figures.failures.length) + ' kinds'}, with their first examples`)),
    el('div', { className: 'card long' }, figures.classes.length > 1 && el('div', { className: 'bar' }, chips), list, more, untold, reasons),
  ];
}

function kind(one) {
  const first = one.examples[0];
  const node = el('details', { className: 'kind' }, el('summary', null,
    el('b', null, count(one.count)),
    el('span', { className: 'what' }, el('span', { className: 'class' }, one.class), one.step, one.kind ? ' · ' + one.kind : ''),
    el('code', { className: 'place soft' }, one.place),
    first ? el('span', { className: 'said' }, first.message) : null));
  // Examples are long, so they are added to the page only when the reader opens them.
  node.addEventListener('toggle', () => {
    if (node.open && node.childElementCount === 1) node.append(...one.examples.map(example));
  });
  return node;
}

function example(one) {
  const part = (name, text) => el('div', null, el('h4', null, name), el('pre', null, text || '–'));
  return el('div', { className: 'example' },
    el('p', null, el('b', null, `${clock(one.at)}, user ${one.user}: `), one.message),
    one.more.length ? el('ul', { className: 'soft small' }, one.more.map((reason) => el('li', null, reason))) : null,
    one.request || one.response ? el('div', { className: 'pair' }, part('Request', one.request), part('Response', one.response)) : null);
}
