/** Connections, searched in the director: an address, an endpoint, a state, a protocol, all of them. */
import { signal } from '@preact/signals'
import type { ConnectionView } from '../../src/engine/data-plane.js'
import { duration } from '../format.js'
import { refusal } from '../state.js'
import { get } from '../wire.js'
import { SearchField } from './search-field.js'

interface Page {
  connections: ConnectionView[]
  next: number | null
}

const LIMIT = 100
const PROTOCOLS: Readonly<Record<number, string>> = { 0: 'ip', 6: 'tcp', 17: 'udp', 132: 'sctp' }

const searched = signal('')
const found = signal<ConnectionView[] | null>(null)
const next = signal<number | null>(null)
const isSearching = signal(false)
/** Of the search that is under way: an older one is given up. */
const turn = { number: 0 }

export function Connections() {
  return (
    <>
      <h1>Connections</h1>
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault()
          void search(0)
        }}
      >
        <SearchField label="Search connections" value={searched} placeholder="192.0.2.100 established" />
        <button type="submit">Search</button>
        <span class="hint">An address, ADDRESS:PORT, a state, a protocol; several narrow it.</span>
      </form>
      {found.value && <Found list={found.value} />}
      <div class="bar" aria-live="polite">
        {isSearching.value && <span class="hint">Searching …</span>}
        {found.value?.length === 0 && !isSearching.value && <span>No connection is like this.</span>}
        {next.value !== null && !isSearching.value && (
          <button type="button" onClick={() => void search(next.value!)}>
            More
          </button>
        )}
      </div>
    </>
  )
}

/** Goes on until a page is full or the table is at its end. */
async function search(from: number): Promise<void> {
  const own = ++turn.number
  isSearching.value = true
  let list = from === 0 ? [] : (found.value ?? [])
  const enough = list.length + LIMIT
  try {
    for (let after: number | null = from; after !== null && list.length < enough; ) {
      const query = `search=${encodeURIComponent(searched.value)}&limit=${LIMIT}&after=${after}`
      const page: Page = await get(`/v1/connections?${query}`)
      if (own !== turn.number) return
      list = [...list, ...page.connections]
      found.value = list
      next.value = after = page.next
    }
  } catch (error) {
    refusal.value = (error as Error).message
  }
  isSearching.value = false
}

const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

function Found({ list }: { list: ConnectionView[] }) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {['Protocol', 'State', 'Client', 'Virtual', 'Source', 'Server', 'Expires in'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((one, i) => (
            <tr key={i}>
              <td>{PROTOCOLS[one.protocol] ?? one.protocol}</td>
              <td>{one.template ? 'template' : one.state.toLowerCase()}</td>
              <td>{at(one.client, one.clientPort)}</td>
              <td>{at(one.virtual, one.virtualPort)}</td>
              <td>{one.source ? at(one.source, one.sourcePort) : ''}</td>
              <td>{at(one.destination, one.destinationPort)}</td>
              <td>{duration(one.expiresMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
