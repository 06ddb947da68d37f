/**
 * Names that administrators use for hosts, ports and protocols, read from the system's own files and resolver.
 *
 * It never guesses: what has no name stays a number. Files are read at the first question.
 */
import { type HostNames, systemHostNames } from './host-names.js'
import { type PortNames, systemPortNames } from './port-names.js'
import { type ProtocolNames, systemProtocolNames } from './protocol-names.js'

export interface Names {
  readonly ports: PortNames
  readonly protocols: ProtocolNames
  readonly hosts: HostNames
}

class SystemNames implements Names {
  readonly hosts = systemHostNames
  #ports: PortNames | null = null
  #protocols: ProtocolNames | null = null

  get ports(): PortNames {
    this.#ports ??= systemPortNames()
    return this.#ports
  }

  get protocols(): ProtocolNames {
    this.#protocols ??= systemProtocolNames()
    return this.#protocols
  }
}

export const systemNames: Names = new SystemNames()
