/**
 * The engine's explanation told for people: numbered steps by the pipeline's names, each with what decided it.
 *
 * Pure. Ids become the names that administrators gave, and what health checks found stands beside each server.
 */
import { parse } from '../address/words.js'
import type { ExplanationView, Question, StepView } from '../api/explanation-view.js'
import type {
  Asked,
  CandidateView,
  Explanation,
  ForeseenView,
  RunningView,
  ServiceCarrier,
} from '../engine/data-plane.js'
import { Failure } from '../failure/failure.js'
import { reasonText } from '../failure/reason.js'
import type { HealthView, ServerView } from '../health/view.js'
import { endpointName, serviceName } from '../model/name.js'
import type { Service } from '../model/service.js'
import { type State, tables } from '../model/state.js'

export const NUMBERS = { tcp: 6, udp: 17, sctp: 132 } as const
const METHODS = ['masq', 'local', 'tunnel', 'gate']
const BY = {
  mark: 'by its firewall mark',
  exact: 'by address and port',
  'any-port': 'by address; the service is for every port',
  ftp: 'as a data connection of its FTP service',
} as const

/** An answer takes no longer than this. */
const PATIENT_MS = 1000
const HALF_OPEN =
  'the handshake is not over: see whether the real server answers (tcpdump on it), and whether its answer comes back here'

export interface Known {
  state: State
  health: HealthView
  carriers: readonly ServiceCarrier[]
}

/** Failure('bad-request') for what is no address. */
export function askedOf({ protocol, client, clientPort, virtual, virtualPort }: Question): Asked {
  const [source, destination] = [client, virtual].map((text) => {
    const words = parse(text)
    if (words === null) throw new Failure('bad-request', `${text} is no IPv4 or IPv6 address`)
    return words
  })
  if (client.includes(':') !== virtual.includes(':'))
    throw new Failure('bad-request', `${client} and ${virtual} are of two address families: no packet has both`)
  return { protocol: NUMBERS[protocol], source, sourcePort: clientPort, destination, destinationPort: virtualPort }
}

export function explanationView(question: Question, found: Explanation, known: Known): ExplanationView {
  const steps = found.running === null ? foreseenSteps(found.foreseen, known) : runningSteps(found.running, known)
  const { good, verdict } = verdictOf(found, known)
  return { ...question, ...found, good, verdict, steps: [...steps, dropStep(found)] }
}

function verdictOf({ running, foreseen }: Explanation, known: Known): { good: boolean; verdict: string } {
  if (running?.halfOpen && running.ageMs > PATIENT_MS)
    return {
      good: false,
      verdict: `its handshake is not over: ${serverOf(running.destination, known)} does not answer, or the client does not`,
    }
  if (running !== null && running.destination === 0)
    return { good: false, verdict: 'the connection is there, but its real server was removed: its packets are dropped' }
  if (running !== null) return { good: true, verdict: `the connection is there, ${running.view.state}` }
  if (foreseen.reason !== 'none') return { good: false, verdict: reasonText[foreseen.reason] }
  if (foreseen.service === null) return { good: false, verdict: 'no service is for it: it is left to the host' }
  return { good: true, verdict: `a new connection would go to ${serverOf(foreseen.destination, known)}` }
}

function runningSteps(running: RunningView, known: Known): StepView[] {
  const { view, method, ageMs, packets, halfOpen, mtu } = running
  const source = view.source === '' ? "the client's own" : endpointName({ address: view.source, port: view.sourcePort })
  const service = known.state.services.find(({ id }) => id === running.service)
  const tuple = `${ends(view.client, view.clientPort)} -> ${ends(view.virtual, view.virtualPort)}`
  const seen = halfOpen ? [HALF_OPEN] : []
  return [
    {
      step: 'find',
      found: `connection ${tuple}, ${view.state}`,
      because: [
        `${packets} packets from the client in ${seconds(ageMs)}; ends in ${seconds(view.expiresMs)} without more`,
        ...seen,
      ],
    },
    { step: 'match', found: service ? serviceName(service) : 'its service is gone', because: [] },
    {
      step: 'schedule',
      found: running.destination === 0 ? 'its real server was removed' : ends(view.destination, view.destinationPort),
      because: service ? evidence(service, running.destination, known) : [],
    },
    ...(method === 0 ? [{ step: 'source', found: source, because: [] }] : []),
    { step: 'rewrite', found: `${METHODS[method]}${mtuText(mtu)}`, because: [] },
    carrierStep(running.service, known),
  ]
}

function foreseenSteps(foreseen: ForeseenView, known: Known): StepView[] {
  const none: StepView = { step: 'find', found: 'no connection has these addresses and ports', because: [] }
  const { service, marks } = foreseen
  const marked = marks.counted.length === 0 ? [] : marks.counted.map((id) => `mangle: ${ruleName(id, known.state)}`)
  if (foreseen.reason === 'ruleDrop' && service === null)
    return [none, { step: 'match', found: 'a rule of mangle drops it', because: marked }]
  const found = known.state.services.find(({ id }) => id === service?.id)
  if (service === null || found === undefined)
    return [none, { step: 'match', found: 'no service', because: [...marked, ...nearby(known.state)] }]
  const match = { step: 'match', found: `${serviceName(found)}, ${BY[service.by]}`, because: marked }
  return [none, match, ...placeSteps(foreseen, found, known), carrierStep(found.id, known)]
}

const nearby = ({ services }: State): string[] =>
  services.length === 0
    ? ['there are no services']
    : [`services: ${services.slice(0, 10).map(serviceName).join(', ')}${services.length > 10 ? ', ...' : ''}`]

function placeSteps(foreseen: ForeseenView, service: Service, known: Known): StepView[] {
  const { template, destination, port, source, mtu, method, candidates } = foreseen
  const persistence = { step: 'persistence', found: persistenceText(foreseen, service), because: [] }
  const chosen = destination === 0 ? 'none may take it' : serverOf(destination, known)
  const list = candidates.map((one) => candidateText(one, service, known))
  const schedule: StepView = {
    step: 'schedule',
    found: template ? `${chosen}, by its template` : `${service.scheduler}: ${chosen}`,
    because: list.length === 0 ? ['it has no real server'] : list,
  }
  if (destination === 0) return [persistence, schedule]
  const sent = `${METHODS[method]} to port ${port}${mtuText(mtu)}`
  return [
    persistence,
    schedule,
    ...(source === null
      ? []
      : [
          {
            step: 'source',
            found: sourceText(source),
            because: source.counted.map((id) => `nat: ${ruleName(id, known.state)}`),
          },
        ]),
    { step: 'rewrite', found: sent, because: [] },
  ]
}

function persistenceText({ template }: ForeseenView, { persistence, persistenceEngine }: Service): string {
  if (persistence === 0) return 'the service has none'
  if (persistenceEngine !== '') return `goes by what ${persistenceEngine} says in the packet, which is not known here`
  if (template === null) return 'this client has no template: the scheduler chooses, and one is made'
  return `template of ${template.client}, ends in ${seconds(template.expiresMs)} without a connection`
}

function candidateText(one: CandidateView, service: Service, known: Known): string {
  const { weight, active, inactive, upper, overloaded } = one
  const limit = upper > 0 ? `, at most ${upper} connections` : ''
  const able = overloaded ? ': overloaded' : weight === 0 ? ': weight 0, takes no new connection' : ''
  const text = `${serverOf(one.destination, known)} weight ${weight}, ${active} active, ${inactive} inactive${limit}${able}`
  return [text, ...evidence(service, one.destination, known)].join('; ')
}

/** What maintenance and checks have to say of it. */
function evidence({ id }: Service, destination: number, { health }: Known): string[] {
  const server = health.services.find((one) => one.id === id)?.servers.find((one) => one.id === destination)
  return server ? [...maintenance(server), ...checks(server)] : []
}

const maintenance = ({ admin }: ServerView): string[] => (admin === 'online' ? [] : [`in maintenance: ${admin}`])

const checks = ({ checks }: ServerView): string[] =>
  checks.flatMap(({ kind, up, last }) =>
    last === null || (up && last.good)
      ? []
      : [`check ${kind} ${up ? 'is up' : 'is down'}: ${last.reason || 'good again'}`],
  )

function sourceText({ outcome, address, port, pool }: NonNullable<ForeseenView['source']>): string {
  if (outcome === 'drop') return 'a rule or policy of nat drops it'
  if (outcome === 'dry') return `no port is free: ${pool}`
  return `${outcome === 'kept' ? 'kept' : 'becomes'} ${ends(address, port)}, ${pool}`
}

function carrierStep(service: number, { carriers }: Known): StepView {
  const found = carriers.find(({ id }) => id === service)
  const where = (reason: string): string => (reason === '' ? 'in the kernel' : 'in the engine')
  if (found === undefined) return { step: 'data path', found: 'the engine', because: [] }
  const { opening, established } = found
  const because = [...new Set([opening, established])].filter((reason) => reason !== '')
  return {
    step: 'data path',
    found: `new connections ${where(opening)}, established ones ${where(established)}`,
    because,
  }
}

function dropStep({ drops }: Explanation): StepView {
  const because = drops.map(
    ({ agoMs, reason, times }) => `${seconds(agoMs)} ago, ${times} times: ${reasonText[reason]} (${reason})`,
  )
  return {
    step: 'drops',
    found: drops.length === 0 ? 'none of it in the last ten minutes' : 'packets of it were dropped',
    because,
  }
}

/** 'nat POSTROUTING rule 1', or its chain's policy. */
function ruleName(id: number, state: State): string {
  for (const table of tables(state)) {
    for (const chain of table.chains) {
      if (chain.id === id) return `${chain.name} policy ${chain.policy}`
      const at = chain.rules.findIndex((rule) => rule.id === id)
      if (at >= 0) return `${chain.name} rule ${at + 1}`
    }
  }
  return 'a rule that is gone'
}

/** A fallback server has its service's id, negative (health/effective.ts). */
function serverOf(id: number, { state }: Known): string {
  if (id < 0) return 'the fallback server'
  for (const { destinations } of state.services) {
    const found = destinations.find((one) => one.id === id)
    if (found) return endpointName(found)
  }
  return 'a real server that is gone'
}

/** Of masq the host finds the way, and its routers tell the client themselves. */
const mtuText = (mtu: number): string => (mtu === 0 ? '' : `; packets of up to ${mtu} bytes fit the way to it`)

const ends = (address: string, port: number): string => endpointName({ address, port })
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
