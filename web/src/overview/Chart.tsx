/**
 * A chart over time with its legend, which tells the values under the pointer, or the newest; and the same in a table.
 *
 * The canvas is a picture to a screen reader, named by what it shows; the table below has every number.
 */
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

import { Panel } from '../ui/Page'
import type { Series } from './figures'
import { momentText, optionsOf, type Scale } from './plot'
import { Numbers } from './Numbers'
import { useColours } from './useColours'

const HEIGHT = 190

interface Props {
  title: string
  /** What is measured, for the head of the panel. */
  unit: string
  times: readonly number[]
  series: readonly Series[]
  scale: Scale
  /** Said where nothing was measured at all. */
  none: string
}

export function Chart({ title, unit, times, series, scale, none }: Props) {
  const [place, setPlace] = useState<number | null>(null)
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0)
  const measured = series.some((one) => one.values.some((value) => value !== null))
  return (
    <Panel title={title} aside={<span className="text-xs text-ink-faint">{unit}</span>}>
      <div className="flex flex-col gap-2 px-2 pt-3 pb-2">
        <Legend times={times} series={series} scale={scale} span={span} place={place} />
        <div className="relative">
          <Canvas
            label={`${title}, ${unit}: ${series.map(({ label }) => label).join(', ')}`}
            times={times}
            series={series}
            scale={scale}
            span={span}
            onPlace={setPlace}
          />
          {!measured && (
            <p className="pointer-events-none absolute inset-0 flex items-center justify-center text-xs text-ink-faint">
              {none}
            </p>
          )}
        </div>
        <Numbers title={title} times={times} series={series} scale={scale} span={span} />
      </div>
    </Panel>
  )
}

interface LegendProps {
  times: readonly number[]
  series: readonly Series[]
  scale: Scale
  span: number
  place: number | null
}

function Legend({ times, series, scale, span, place }: LegendProps) {
  const time = place === null ? undefined : times[place]
  return (
    <div className="flex min-h-5 flex-wrap items-center gap-x-4 gap-y-1 px-2 text-xs">
      {series.map((one) => {
        const value = place === null ? one.values.findLast((each) => each !== null) : one.values[place]
        return (
          <span key={one.label} className="inline-flex items-center gap-1.5 text-ink-soft">
            <span
              aria-hidden
              className="h-0.5 w-3 rounded-full"
              style={{ backgroundColor: `var(${one.colour})` }}
            />
            {one.label}
            <span className="font-medium text-ink tabular-nums">
              {value === null || value === undefined ? '–' : scale.format(value)}
            </span>
          </span>
        )
      })}
      <span className="ml-auto text-ink-faint tabular-nums">
        {time === undefined ? '' : momentText(time, span)}
      </span>
    </div>
  )
}

interface CanvasProps {
  label: string
  times: readonly number[]
  series: readonly Series[]
  scale: Scale
  span: number
  onPlace: (index: number | null) => void
}

function Canvas({ label, times, series, scale, span, onPlace }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const colours = useColours()
  const tell = useEffectEvent(onPlace)
  const build = useEffectEvent((place: HTMLElement) => {
    const size = { width: place.clientWidth, height: HEIGHT }
    const options = optionsOf({ series, scale, span, colours, ...size, onPlace: (index) => tell(index) })
    return new uPlot(options, dataOf(times, series), place)
  })
  const shape = `${span > 0 ? Math.round(span / 600) : 0} ${series.map((one) => `${one.label} ${one.colour}`).join()}`
  useEffect(() => {
    const place = box.current
    if (!place) return
    const built = build(place)
    plot.current = built
    const watcher = new ResizeObserver(() => built.setSize({ width: place.clientWidth, height: HEIGHT }))
    watcher.observe(place)
    return () => {
      watcher.disconnect()
      built.destroy()
      plot.current = null
    }
    // Built anew for other lines or another theme only; new numbers are handed to what stands.
  }, [shape, colours])
  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series])
  return <div ref={box} role="img" aria-label={label} style={{ height: HEIGHT }} className="min-w-0" />
}

function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [[...times], ...series.map((one) => one.values)]
}
