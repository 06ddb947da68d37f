/** At a glance: is anything wrong, and what goes through. */
import { useComputed } from '@preact/signals'
import type { Sample } from '../../src/api/routes.js'
import { bits, short, whole } from '../format.js'
import { type Colour, serviceLight } from '../light.js'
import { findings, latencies, pools, samples, services, status } from '../state.js'
import { Graph, type Line } from './graph.js'
import { LightText } from './light.js'

const ORDER: readonly Colour[] = ['bad', 'warn', 'good']
const NAMED_MAX = 50
const BITS_PER_BYTE = 8

export function Overview() {
  return (
    <>
      <h1>Overview</h1>
      <Lights />
      <Warnings />
      <Graphs />
      <div class="columns">
        <Troubled />
        <Pools />
        <Drops />
      </div>
    </>
  )
}

function Lights() {
  const found = services.value
  if (!found) return <p class="hint">Reading …</p>
  const count = (colour: Colour) =>
    found.filter((service) => serviceLight(service, findings.value).colour === colour).length
  const now = status.value
  return (
    <ul class="tiles" aria-label="State">
      <Tile colour="good" label="services up" value={whole(count('good'))} />
      <Tile colour="warn" label="services impaired" value={whole(count('warn'))} />
      <Tile colour="bad" label="services down" value={whole(count('bad'))} />
      <Tile label="servers" value={whole(found.reduce((sum, { servers }) => sum + servers.length, 0))} />
      <Tile
        label={`connections of ${now ? short(now.capacity) : '…'}`}
        value={whole(samples.value.at(-1)?.held ?? 0)}
      />
      <Tile label="source ports in use" value={whole(samples.value.at(-1)?.ports ?? 0)} />
    </ul>
  )
}

/** Coloured only where there is something to see. */
function Tile({ colour, label, value }: { colour?: Colour; label: string; value: string }) {
  return (
    <li class={colour && value !== '0' ? colour : ''}>
      <b>{value}</b> <span>{label}</span>
    </li>
  )
}

function Warnings() {
  const found = status.value?.warnings ?? []
  if (found.length === 0) return null
  return (
    <section aria-label="Warnings" class="warnings">
      {found.map((text) => (
        <p key={text} class="notice warn">
          {text}
        </p>
      ))}
    </section>
  )
}

const one = (label: string): Line[] => [{ label, colour: '--first' }]
const both: Line[] = [
  { label: 'from clients', colour: '--first' },
  { label: 'to clients', colour: '--second' },
]

const answers: Line[] = [
  { label: 'mean', colour: '--first' },
  { label: 'longest', colour: '--second' },
]

function Graphs() {
  const connections = useData((sample) => [sample.connections])
  const packets = useData((sample) => [sample.inPackets, sample.outPackets])
  const bytes = useData((sample) => [sample.inBytes * BITS_PER_BYTE, sample.outBytes * BITS_PER_BYTE])
  const ports = useData((sample) => [sample.ports])
  const checks = useComputed(
    () =>
      [0, 1, 2].map((i) => latencies.value.map((row) => (i === 0 ? row[0] / 1000 : row[i]))) as [number[], number[]],
  )
  return (
    <section class="graphs" aria-label="The last ten minutes">
      <Graph title="New connections /s" lines={one('')} data={connections} text={short} />
      <Graph title="Packets /s" lines={both} data={packets} text={short} />
      <Graph title="Traffic" lines={both} data={bytes} text={(value) => bits(value / BITS_PER_BYTE)} />
      <Graph title="Source ports in use" lines={one('')} data={ports} text={short} />
      {latencies.value.length > 0 && (
        <Graph
          title="Checks, time to answer"
          lines={answers}
          data={checks}
          text={(value) => `${value.toFixed(0)} ms`}
        />
      )}
    </section>
  )
}

const useData = (values: (sample: Sample) => number[]) =>
  useComputed(() => {
    const rows = samples.value.map((sample) => [sample.at / 1000, ...values(sample)])
    const width = values({
      connections: 0,
      inPackets: 0,
      outPackets: 0,
      inBytes: 0,
      outBytes: 0,
      at: 0,
      held: 0,
      ports: 0,
    })
    return [0, ...width].map((_, i) => rows.map((row) => row[i])) as [number[], ...number[][]]
  })

function Troubled() {
  const found = (services.value ?? []).map((service) => ({ service, light: serviceLight(service, findings.value) }))
  const bad = found
    .filter(({ light }) => light.colour !== 'good')
    .sort((a, b) => ORDER.indexOf(a.light.colour) - ORDER.indexOf(b.light.colour))
  if (bad.length === 0) return null
  return (
    <section>
      <h2>Services to look at</h2>
      <table>
        <tbody>
          {bad.slice(0, NAMED_MAX).map(({ service, light }) => (
            <tr key={service.id}>
              <th scope="row">
                <a href={`#/services?${service.service}`}>{service.service}</a>
              </th>
              <td>
                <LightText light={light} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {bad.length > NAMED_MAX && <p class="hint">and {bad.length - NAMED_MAX} more</p>}
    </section>
  )
}

function Pools() {
  if (pools.value.length === 0) return null
  return (
    <section>
      <h2>Source ports</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col" class="number">
              In use
            </th>
            <th scope="col" class="number">
              Free where it is tightest
            </th>
          </tr>
        </thead>
        <tbody>
          {pools.value.map(({ address, used, free, size }) => (
            <tr key={address}>
              <th scope="row">{address}</th>
              <td class="number">{whole(used)}</td>
              <td class="number">
                {whole(free)} of {whole(size)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Drops() {
  const found = Object.entries(status.value?.drops ?? {}).sort(([, a], [, b]) => b - a)
  if (found.length === 0) return null
  return (
    <section>
      <h2>Packets dropped since the start</h2>
      <table>
        <tbody>
          {found.map(([reason, count]) => (
            <tr key={reason}>
              <th scope="row">{reason}</th>
              <td class="number">{whole(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
