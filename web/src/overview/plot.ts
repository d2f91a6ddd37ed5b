/** The options of a chart: axes that can be read in both themes, lines and areas, and a place that all charts share. */
import type uPlot from 'uplot'

import type { Series } from './figures'
import { faded, type Colours } from './useColours'

export interface Scale {
  format: (value: number) => string
  /** At the axis, where it is said shorter. */
  tick?: (value: number) => string
  /** Between two lines of the grid, where tens aren't round. */
  steps?: number[]
  /** The end of the axis where it is known, such as 100 %. */
  most?: number
}

interface Plot {
  series: readonly Series[]
  scale: Scale
  /** Of the window in seconds; a day or less is told by the clock, more by days. */
  span: number
  colours: Colours
  width: number
  height: number
  onPlace: (index: number | null) => void
}

const FONT = '11px "Inter Variable", system-ui, sans-serif'
const DAY = 86_400
/** All charts of the page show the same moment under the pointer. */
const TOGETHER = 'overview'

export function optionsOf({ series, scale, span, colours, width, height, onPlace }: Plot): uPlot.Options {
  const axis = {
    stroke: colours('--ink-faint'),
    font: FONT,
    grid: { stroke: colours('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height,
    legend: { show: false },
    padding: [10, 20, 0, 0],
    cursor: {
      y: false,
      sync: { key: TOGETHER },
      points: { size: 7, width: 1.5 },
      drag: { x: false, y: false },
    },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, endOf(scale, max)] } },
    axes: [
      {
        ...axis,
        space: 64,
        size: 28,
        grid: { show: false },
        values: (_, at) => at.map((time) => timeText(time, span)),
      },
      {
        ...axis,
        space: 34,
        ...(scale.steps && { incrs: scale.steps }),
        size: 58,
        values: (_, at) => at.map((value) => (scale.tick ?? scale.format)(value)),
      },
    ],
    series: [{}, ...series.map((one) => lineOf(one, colours))],
    hooks: { setCursor: [(plot) => onPlace(plot.cursor.idx ?? null)] },
  }
}

/** Room above the line; an empty chart still has an axis. */
function endOf(scale: Scale, max: number | null): number {
  return scale.most ?? (max ? max * 1.12 : 1)
}

function lineOf(series: Series, colours: Colours): uPlot.Series {
  const colour = colours(series.colour)
  return {
    label: series.label,
    stroke: colour,
    width: 1.75,
    ...(series.filled && { fill: faded(colour, 0.13) }),
    points: { size: 5, fill: colour, filter: (plot, index) => alone(plot.data[index] ?? []) },
  }
}

/** Values without a neighbour: no line goes through them, so they are shown as points. */
export function alone(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = []
  for (let index = 0; index < values.length; index += 1) {
    if (values[index] == null) continue
    if (values[index - 1] == null && values[index + 1] == null) found.push(index)
  }
  return found
}

const two = (value: number) => String(value).padStart(2, '0')

/** `14:05` within a day, `Fri 20` beyond. */
export function timeText(seconds: number, span: number): string {
  const time = new Date(seconds * 1_000)
  if (span > DAY) return time.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric' })
  return `${two(time.getHours())}:${two(time.getMinutes())}`
}

/** For the table and the moment under the pointer: with the day where the window has several. */
export function momentText(seconds: number, span: number): string {
  const clock = timeText(seconds, 0)
  return span > DAY / 2 ? `${timeText(seconds, 2 * DAY)}, ${clock}` : clock
}
