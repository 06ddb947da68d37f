/** The commands of the article, as data. */

import type { Command } from '../../src/commands/command.js'
import { ruleSpec } from '../../src/model/fixture.js'
import type { RuleSpec } from '../../src/model/netfilter.js'
import type { ServiceKey, ServiceOptions } from '../../src/model/service.js'

export const VIP = '192.0.2.45'

export const serviceKey = (port = 80, address = VIP): ServiceKey => ({
  family: 4,
  protocol: 'tcp',
  address,
  port,
  fwmark: 0,
})

export const serviceOptions: ServiceOptions = {
  scheduler: 'rr',
  schedulerFlags: 0,
  persistence: 0,
  persistenceMask: 32,
  persistenceEngine: '',
  onePacket: false,
}

export const addService = (key = serviceKey()): Command => ({ kind: 'service.add', key, options: serviceOptions })

export const addDestination = (address = '192.0.2.21', service = serviceKey()): Command => ({
  kind: 'destination.add',
  service,
  key: { address, port: 80 },
  options: {
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
  },
})

export const snatRule: RuleSpec = ruleSpec({
  kind: 'SNAT',
  addresses: { from: '192.0.2.10', to: '192.0.2.10' },
  ports: null,
  random: false,
  randomFully: false,
  persistent: false,
})

export const addSnat = (): Command => ({
  kind: 'rule.append',
  table: 'nat',
  family: 4,
  chain: 'POSTROUTING',
  rule: snatRule,
  packets: 0,
  bytes: 0,
})
