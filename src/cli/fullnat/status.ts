/** The page of `fullnat status`. */
import type { StatusView, SyncCounters } from '../../api/routes.js'
import { type Reason, reasonText } from '../../failure/reason.js'

const LABEL_WIDTH = 13

export function page(view: StatusView): string {
  const { packets } = view
  return [
    `fullnat ${view.version}, pid ${view.pid}, up ${duration(view.uptimeMs)}\n`,
    line('data path', view.datapath),
    line('carries', `${carries(view)}, revision ${view.revision}`),
    line('connections', `${view.connections} of ${view.capacity}`),
    line('packets', `${packets.received} received, ${packets.sent} sent, ${packets.toHost} left to the host`),
    view.earlyPorts > 0 ? line('source ports', `${view.earlyPorts} taken early, from connections in TIME_WAIT`) : '',
    ...Object.entries(view.drops).map(([reason, count]) => line('dropped', dropText(reason, count))),
    view.sync ? line('sync', syncText(view.sync)) : '',
    view.api ? line('API', `${view.api} (dashboard, REST API, metrics)`) : '',
    line('state, log', view.stateFolder),
    warningLines(view),
  ].join('')
}

export const carries = ({ services, destinations }: StatusView): string =>
  `${counted(services, 'service')} with ${counted(destinations, 'real server')}`

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const warningLines = ({ warnings }: StatusView): string => warnings.map((text) => line('warning', text)).join('')

const line = (label: string, text: string): string => `${label.padEnd(LABEL_WIDTH)}${text}\n`

const dropText = (reason: string, count: number): string =>
  `${count} ${reason}: ${reasonText[reason as keyof typeof Reason] ?? 'unknown to this version'}`

const syncText = ({ told, taken, refused, received, malformed }: SyncCounters): string =>
  `${told} connections told, ${taken} taken, ${refused} refused; ${malformed} of ${received} messages unreadable`

/** The two largest units: `3 h 12 min`. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
