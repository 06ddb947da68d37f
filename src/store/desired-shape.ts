/** The shape of a configuration that crosses the control socket, or was kept: model/desired.ts, checked field by field. */
import type {
  Desired,
  DesiredChain,
  DesiredDestination,
  DesiredService,
  DesiredTable,
  Maintenance,
} from '../model/desired.js'
import { list, orNull, record, truth, where } from './check.js'
import { address, family, port } from './field.js'
import * as health from './health-shape.js'
import * as shape from './shape.js'

const destination = record<DesiredDestination>({
  address,
  port,
  ...shape.destinationFields,
  checks: orNull(health.checks),
  maintenance: orNull(record<Maintenance>({ admin: health.admin, honourPersistence: truth })),
})

const service = where(
  record<DesiredService>({
    ...shape.keyFields,
    ...shape.optionFields,
    health: orNull(health.health),
    destinations: list(destination),
  }),
  shape.isConsistent,
  shape.INCONSISTENT,
)

const chain = record<DesiredChain>({ name: shape.chainName, policy: orNull(shape.policy), rules: list(shape.ruleSpec) })

const TABLES = 'nat 4, nat 6, mangle 4, mangle 6'
const tables = where(
  list(record<DesiredTable>({ name: shape.tableName, family, chains: list(chain) })),
  (all) => all.map(({ name, family }) => `${name} ${family}`).join(', ') === TABLES,
  `not the tables ${TABLES}`,
)

export const desired = record<Desired>({
  services: list(service),
  tables,
  timeouts: shape.timeouts,
  settings: shape.settings,
})
