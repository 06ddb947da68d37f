/** `fullnat services [--json]`: where each service runs, in the kernel or in the engine, and why. */
import { call } from '../../api/client.js'
import type { CarriersView } from '../../api/routes.js'
import type { Terminal } from '../terminal.js'

const IN_KERNEL = 'kernel'
const IN_ENGINE = 'engine'

export async function services(json: boolean, io: Terminal): Promise<void> {
  const view = await call<CarriersView>('GET', '/carriers')
  io.out(json ? `${JSON.stringify(view, null, 2)}\n` : table(view))
}

function table({ carriers }: CarriersView): string {
  if (carriers.length === 0) return 'no services\n'
  const width = Math.max(...carriers.map(({ service }) => service.length), 'SERVICE'.length)
  const line = (service: string, opening: string, established: string, why: string): string =>
    `${service.padEnd(width)}  ${opening.padEnd(11)}  ${established.padEnd(11)}  ${why}`.trimEnd()
  const rows = carriers.map(({ service, opening, established }) =>
    line(service, where(opening), where(established), reasons(opening, established)),
  )
  return `${[line('SERVICE', 'NEW', 'ESTABLISHED', 'WHY'), ...rows].join('\n')}\n`
}

const where = (reason: string): string => (reason === '' ? IN_KERNEL : IN_ENGINE)

const reasons = (opening: string, established: string): string =>
  [...new Set([opening, established])].filter((reason) => reason !== '').join('; ')
