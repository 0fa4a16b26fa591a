// A small chart with a table of the same numbers, for readers who do not see it, or want the numbers.

import {strings} from '../strings.js'
import {html} from '../ui.js'

const words = strings.figure
const LIBRARY = '/console/vendor/uplot-1.6.32'
const HEIGHT = 180
const COLOURS = ['--accent', '--warn', '--bad', '--good', '--soft']

// A chart of series ({label, values}) over times (epoch seconds). `labels` are the times as the table has them.
// The library is loaded with the first figure.
export async function figure({title, times, labels, series, isTime = false}) {
  const {default: UPlot} = await library()
  const host = document.createElement('div')
  host.className = 'plot'
  host.setAttribute('aria-hidden', 'true')
  draw(UPlot, host, {times, series, isTime})
  return html`
    <figure class="chart">
      <figcaption>${title}</figcaption>
      <ul class="legend" aria-hidden="true">${series.map(({label}, number) => html`<li class="series-${number % COLOURS.length}">${label}</li>`)}</ul>
      ${host}
      <details><summary>${words.asTable}</summary>${numbers({title, labels, series})}</details>
    </figure>`
}

function library() {
  if (!document.querySelector(`link[href^="${LIBRARY}"]`)) {
    document.head.append(Object.assign(document.createElement('link'), {rel: 'stylesheet', href: `${LIBRARY}/uPlot.min.css`}))
  }
  return import('../vendor/uplot-1.6.32/uPlot.esm.js')
}

const numbers = ({title, labels, series}) => html`
  <table>
    <caption>${title}</caption>
    <thead><tr><th scope="col">${words.time}</th>${series.map(({label}) => html`<th scope="col" class="number">${label}</th>`)}</tr></thead>
    <tbody>${labels.map((label, row) => html`<tr><th scope="row">${label}</th>${series.map(
      ({label: name, values}) => html`<td class="number" data-title=${name}>${(values[row] ?? 0).toLocaleString()}</td>`)}</tr>`)}</tbody>
  </table>`

// Draw as soon as the host is on the page and has a width, again when that changes, and in the colours of the page.
function draw(UPlot, host, {times, series, isTime}) {
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  let plot
  const anew = () => {
    plot?.destroy()
    plot = undefined
    if (host.clientWidth) plot = new UPlot(optionsOf(UPlot, host, series, isTime), [times, ...series.map(({values}) => values)], host)
  }
  new ResizeObserver(() => (plot && host.clientWidth ? plot.setSize({width: host.clientWidth, height: HEIGHT}) : anew())).observe(host)
  scheme.addEventListener('change', function again() {
    if (host.isConnected) anew()
    else scheme.removeEventListener('change', again)
  })
}

function optionsOf(UPlot, host, series, isTime) {
  const style = getComputedStyle(host)
  const colour = (name) => style.getPropertyValue(name).trim()
  const axis = {stroke: colour('--soft'), grid: {stroke: colour('--line'), width: 1}, ticks: {stroke: colour('--line')}, font: '12px system-ui, sans-serif'}
  const day = new Intl.DateTimeFormat(undefined, {day: 'numeric', month: 'short', ...(!isTime && {timeZone: 'UTC'})})
  const margin = isTime ? 0 : 43_200 // half a day, for the first and the last bar
  const clock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit'})
  const label = (moment) => (isTime ? clock : day).format(moment * 1000)
  return {
    width: host.clientWidth,
    height: HEIGHT,
    padding: [null, isTime ? 32 : null, null, null], // for the last time, which stands on the edge
    legend: {show: false},
    cursor: {show: false},
    scales: {x: {time: true, range: (_, first, last) => [first - margin, last + margin]}, y: {range: (_, least, most) => [0, Math.max(most, 1)]}},
    axes: [{...axis, values: (_, moments) => moments.map(label)}, {...axis, size: 56, values: (_, values_) => values_.map((one) => (Number.isInteger(one) ? one.toLocaleString() : ''))}],
    series: [{}, ...series.map(({label: name}, number) => ({
      label: name, stroke: colour(COLOURS[number % COLOURS.length]), points: {show: false}, width: isTime ? 1.5 : 0,
      ...(!isTime && {paths: UPlot.paths.bars({size: [0.7, 40]}), fill: colour(COLOURS[number % COLOURS.length])}),
    }))],
  }
}
