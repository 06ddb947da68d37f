/** A line over the last ten minutes, drawn again each second. */
import { effect, type ReadonlySignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { theme } from './theme-button.js'

export interface Line {
  label: string
  /** A custom property of the style sheet. */
  colour: string
}

export interface GraphProps {
  title: string
  lines: readonly Line[]
  /** Seconds, then the values of each line. */
  data: ReadonlySignal<uPlot.AlignedData>
  text: (value: number) => string
}

const HEIGHT = 132
const AXIS_WIDTH = 68
const AXIS_HEIGHT = 24
const dark = matchMedia('(prefers-color-scheme: dark)')

export function Graph({ title, lines, data, text }: GraphProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const at = place.current!
    let plot: uPlot | null = null
    const draw = () => {
      plot?.destroy()
      plot = new uPlot(options(at.clientWidth, lines, text), data.peek(), at)
    }
    const resize = new ResizeObserver(() => plot?.setSize({ width: at.clientWidth, height: HEIGHT }))
    const stopTheme = effect(() => {
      theme.value
      draw()
    })
    const stopData = effect(() => plot?.setData(data.value))
    dark.addEventListener('change', draw)
    resize.observe(at)
    return () => {
      dark.removeEventListener('change', draw)
      stopTheme()
      stopData()
      resize.disconnect()
      plot?.destroy()
    }
  }, [])
  return (
    <figure class="graph">
      <figcaption>
        {title} <Legend lines={lines} data={data} text={text} />
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  )
}

/** What the lines stand at now, in words: the canvas says nothing to who cannot see it. */
function Legend({ lines, data, text }: Omit<GraphProps, 'title'>) {
  return (
    <span class="legend">
      {lines.map(({ label, colour }, i) => (
        <span key={label}>
          <i style={{ background: `var(${colour})` }} /> {label}{' '}
          <b>{text((data.value[i + 1]?.at(-1) as number | undefined) ?? 0)}</b>
        </span>
      ))}
    </span>
  )
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function options(width: number, lines: readonly Line[], text: (value: number) => string): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('--dim'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)] } },
    axes: [
      { ...axis, size: AXIS_HEIGHT, space: 90, values: '{HH}:{mm}:{ss}' as never },
      { ...axis, size: AXIS_WIDTH, space: 32, values: (_plot, ticks) => ticks.map(text) },
    ],
    series: [{}, ...lines.map(({ colour: name }) => ({ stroke: colour(name), width: 1.5, points: { show: false } }))],
  }
}
