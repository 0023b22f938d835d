'use strict';
// Building blocks of the report and the live page. Text is never inserted as markup, because it may quote what a server sent.

// The length of the time axes in seconds. Labels contain hours only if the axis is that long.
let span = 0;

function el(tag, props, ...children) {
  const made = document.createElement(tag);
  fill(made, props, children);
  return made;
}

function svg(tag, props, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  fill(made, props, children);
  return made;
}

function fill(made, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (name === 'on') {
      for (const [event, call] of Object.entries(value)) made.addEventListener(event, call);
    } else if (name === 'style') {
      for (const [property, to] of Object.entries(value)) made.style.setProperty(property, to);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name === 'className' ? 'class' : name, value === true ? '' : value);
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

const count = (n) => Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return trim(value / 1e9) + 'G';
  if (size >= 1e6) return trim(value / 1e6) + 'M';
  if (size >= 1e4) return trim(value / 1e3) + 'k';
  return trim(value);
}

function trim(value) {
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return String(Number(value.toPrecision(2)));
  const decimals = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

// Milliseconds with three significant digits, as in all tables of ltc.
function ms(value) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  if (value >= 99.95) return value.toFixed(0);
  if (value >= 9.995) return value.toFixed(1);
  return value.toFixed(value >= 0.9995 ? 2 : 3);
}

// Milliseconds with their unit, for a single value.
function took(value) {
  if (value === null || value === undefined) return '–';
  if (value >= 10000) return trim(value / 1000) + ' s';
  return trim(value) + ' ms';
}

function share(part, whole) {
  if (!whole || !part) return '0%';
  const percent = (part * 100) / whole;
  if (percent < 0.05) return '<0.1%';
  if (percent >= 99.95 && part < whole) return '>99.9%';
  return percent.toFixed(1) + '%';
}

function size(bytes) {
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (bytes < 999.5) return trim(bytes) + ' ' + unit;
    bytes /= 1000;
  }
  return trim(bytes) + ' TB';
}

function clock(seconds) {
  const whole = Math.floor(seconds + 1e-6);
  const two = (n) => String(n).padStart(2, '0');
  const minutes = two(Math.floor(whole / 60) % 60) + ':' + two(whole % 60);
  return span >= 3600 ? two(Math.floor(whole / 3600)) + ':' + minutes : minutes;
}

function lasted(seconds) {
  if (seconds < 60) return trim(seconds) + ' s';
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']];
  let rest = Math.round(seconds);
  const said = [];
  for (const [length, unit] of parts) {
    const n = Math.floor(rest / length);
    rest -= n * length;
    if (n) said.push(n + unit);
  }
  return said.slice(0, 2).join(' ');
}

// A percentile as its number of nines: 0.9 is 1, 0.99 is 2.
const nineName = (x) => trim2((1 - Math.pow(10, -x)) * 100) + '%';
function trim2(percent) {
  const nines = Math.max(0, Math.ceil(-Math.log10(1 - percent / 100 + 1e-12)) - 2);
  return percent.toFixed(Math.min(nines + 1, 6)).replace(/\.?0+$/, '');
}

function throttled(call) {
  let waiting = 0;
  return () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(call);
  };
}
