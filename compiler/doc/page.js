// Draws the curves of the load with the chart of the reports.

const planned = JSON.parse(document.getElementById('charts').textContent);
span = planned ? planned.seconds : 0;
const link = [];
for (const { title, series } of planned ? planned.charts : []) {
  const curves = series.map((one, at) => ({ ...one, color: `var(--c${at % 6})`, area: series.length === 1 }));
  const chart = new Chart({ title, series: curves, format: trim, axis: short, link, domain: [0, planned.seconds] });
  document.getElementById('load').append(chart.node);
  chart.draw();
}
addEventListener('beforeprint', () => link.forEach((chart) => chart.draw()));
