/** What happened, the newest first: changes with who made them, warnings, what the data path says. */
import type { DirectorEvent } from '../../src/api/routes.js'
import { clock } from '../format.js'
import type { Light } from '../light.js'
import { events } from '../state.js'
import { LightText } from './light.js'

export function Events() {
  return (
    <>
      <h1>Events</h1>
      {events.value.length === 0 && <p class="hint">Nothing has happened since the director started.</p>}
      <table class="events">
        <tbody>
          {events.value.map((event, i) => (
            <tr key={events.value.length - i}>
              <td class="time">
                <time dateTime={event.at}>{clock(event.at)}</time>
              </td>
              <td>
                <LightText light={lightOf(event)} />
              </td>
              <td>{textOf(event)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function lightOf(event: DirectorEvent): Light {
  switch (event.kind) {
    case 'change':
      return { colour: 'good', text: 'change' }
    case 'warning':
      return event.raised ? { colour: 'warn', text: 'warning' } : { colour: 'good', text: 'over' }
    case 'server':
    case 'service':
      return event.up ? { colour: 'good', text: 'up' } : { colour: 'bad', text: 'down' }
    case 'datapath':
      return { colour: event.level === 'error' ? 'bad' : 'warn', text: event.level === 'error' ? 'fault' : 'warning' }
  }
}

function textOf(event: DirectorEvent): string {
  switch (event.kind) {
    case 'change':
      return `revision ${event.revision} by ${event.by}: ${event.what.join(', ')}`
    case 'server':
      return `server ${event.server} of ${event.service}${event.up ? '' : `: ${event.reason}`}`
    case 'service':
      return `service ${event.service}${event.onFallback ? ': the fallback server takes its connections' : ''}`
    default:
      return event.text
  }
}
