/** Every service and server, live, with the levers for who may pull them. */
import { type ReadonlySignal, signal } from '@preact/signals'
import { memo } from 'preact/compat'
import { useEffect, useState } from 'preact/hooks'
import type { ServerView, ServiceView } from '../../src/api/v1/schema/service.js'
import { bits, short } from '../format.js'
import { serverLight, serviceLight } from '../light.js'
import { findings, mayWrite, services } from '../state.js'
import { Evidence } from './evidence.js'
import { useInSight } from './in-sight.js'
import { Levers, ServiceLevers, Weight } from './levers.js'
import { LightText } from './light.js'
import { Rate } from './rate.js'
import { SearchField } from './search-field.js'

/** Rows shown at once; what is more has to be searched for. */
const ROWS_MAX = 1500
const FIRST_ROWS = 60
const MORE_ROWS = 120

const searched = signal('')
const onlyTrouble = signal(false)

export function Services() {
  const rows = useGrowing()
  const asked = decodeURIComponent(location.hash.split('?')[1] ?? '')
  if (asked) {
    searched.value = asked
    history.replaceState(null, '', '#/services')
  }
  const found = (services.value ?? []).filter(isShown)
  return (
    <>
      <h1>Services</h1>
      <div class="bar">
        <SearchField label="Search services and servers" value={searched} placeholder="address, port, protocol" />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyTrouble.value}
            onChange={(event) => {
              onlyTrouble.value = event.currentTarget.checked
            }}
          />
          only what is not up
        </label>
        <span class="hint">
          {found.length} of {services.value?.length ?? 0}
        </span>
      </div>
      {services.value?.length === 0 && <p class="hint">There is no service yet.</p>}
      <Tables list={within(found, rows)} />
      {rows >= ROWS_MAX && within(found, rows).length < found.length && (
        <p class="hint">The first {ROWS_MAX} rows; search for the others.</p>
      )}
    </>
  )
}

function isShown(service: ServiceView): boolean {
  if (onlyTrouble.value && serviceLight(service, findings.value).colour === 'good') return false
  const words = searched.value.toLowerCase().split(/\s+/)
  const own = `${service.service} ${service.servers.map(({ server }) => server).join(' ')}`
  return words.every((word) => own.includes(word))
}

/** The first of them, up to so many rows, and one at least. */
function within(list: ServiceView[], most: number): ServiceView[] {
  let rows = 0
  return list.filter(({ servers }, i) => {
    rows += servers.length + 1
    return i === 0 || rows <= most
  })
}

/** What is in sight comes at once, the rest behind it, a part at a time. */
function useGrowing(): number {
  const [rows, setRows] = useState(FIRST_ROWS)
  useEffect(() => {
    if (rows >= ROWS_MAX) return
    const timer = setTimeout(() => setRows(rows + MORE_ROWS), 0)
    return () => clearTimeout(timer)
  }, [rows])
  return rows
}

/** A table to each service, of the same columns: a browser lays out and draws those that are in sight alone. */
function Tables({ list }: { list: ServiceView[] }) {
  return (
    <div class="services">
      <table aria-hidden="true">
        <Columns />
      </table>
      {list.map((service) => (
        <Service key={service.id} service={service} levers={mayWrite.value} />
      ))}
    </div>
  )
}

const Columns = () => (
  <thead>
    <tr>
      <th class="name">Service, server</th>
      <th class="state">State</th>
      <th class="number">Weight</th>
      <th class="number">Active</th>
      <th class="number wide">Inactive</th>
      <th class="number">New /s</th>
      <th class="number wide">Packets /s</th>
      <th class="number">Traffic</th>
      {mayWrite.value && <th class="levers">Maintenance</th>}
    </tr>
  </thead>
)

interface ServiceProps {
  service: ServiceView
  levers: boolean
}

/** Services are read anew as a whole: one that says the same is not drawn again. */
const Service = memo(
  ServiceTable,
  (before, after) => before.levers === after.levers && lookOf(before.service) === lookOf(after.service),
)

function ServiceTable({ service, levers }: ServiceProps) {
  const { place, inSight } = useInSight<HTMLElement>()
  return (
    <section class="block" style={{ '--rows': service.servers.length + 1 }} ref={place}>
      <table aria-label={service.service}>
        <Columns />
        <tbody>
          <tr class="service">
            <th scope="row">
              {service.service} <span class="hint">{about(service)}</span>
            </th>
            <td>
              <LightText light={serviceLight(service, findings.value)} />
            </td>
            <td />
            <Rates id={service.id} inSight={inSight} />
            {levers && (
              <td class="levers">
                <ServiceLevers service={service} />
              </td>
            )}
          </tr>
          {service.servers.map((server) => (
            <Server key={server.id} service={service} server={server} levers={levers} inSight={inSight} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

const lookOf = ({ traffic, servers, ...service }: ServiceView): string =>
  JSON.stringify([service, servers.map(({ traffic, active, inactive, persistent, ...server }) => server)])

const about = ({ scheduler, persistence, onePacket }: ServiceView): string =>
  [scheduler, persistence > 0 && `persistent ${persistence} s`, onePacket && 'one packet'].filter(Boolean).join(', ')

interface ServerProps extends ServiceProps {
  server: ServerView
  inSight: ReadonlySignal<boolean>
}

function Server({ service, server, levers, inSight }: ServerProps) {
  const [isOpen, setOpen] = useState(false)
  const light = <LightText light={serverLight(server, findings.value)} />
  return (
    <>
      <tr>
        <th scope="row">
          {server.server} {server.method !== 'masq' && <span class="hint">{server.method}</span>}
        </th>
        <td>
          {findings.value.servers.has(server.id) ? (
            <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {light}
              <span class="hidden">: why</span>
            </button>
          ) : (
            light
          )}
        </td>
        <td class="number">{levers ? <Weight service={service} server={server} /> : server.weight}</td>
        <Rates id={server.id} inSight={inSight} />
        {levers && (
          <td class="levers">
            <Levers service={service} server={server} />
          </td>
        )}
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={9} class="whole">
            <Evidence id={server.id} />
          </td>
        </tr>
      )}
    </>
  )
}

function Rates(row: { id: number; inSight: ReadonlySignal<boolean> }) {
  return (
    <>
      <Rate {...row} text={([, active]) => short(active)} />
      <Rate {...row} text={([, , inactive]) => short(inactive)} wide />
      <Rate {...row} text={([, , , connections]) => short(connections)} />
      <Rate {...row} text={([, , , , inPackets, outPackets]) => short(inPackets + outPackets)} wide />
      <Rate {...row} text={([, , , , , , inBytes, outBytes]) => bits(inBytes + outBytes)} />
    </>
  )
}
