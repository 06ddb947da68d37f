/**
 * Who is on the wires, by name. A name stands for one machine: an Ethernet address, an IPv4 address and, with `_6`
 * behind the name, an IPv6 address. What is printed has names where addresses have one.
 */
import ipaddr from 'ipaddr.js'
import type { Wire } from './wire.js'

export interface Host {
  name: string
  wire: Wire
  ethernet: string
  address4: string
  address6: string
}

export class Hosts {
  readonly #hosts: Host[] = []
  readonly #names = new Map<string, string>()

  add(host: Host): void {
    this.#hosts.push(host)
    this.name(host.name, host.address4, host.address6)
  }

  /** An address that is none of a machine here: the director's, or a VIP. */
  name(name: string, address4: string, address6: string): void {
    this.#names.set(name, address4)
    this.#names.set(`${name}_6`, address6)
  }

  find(name: string): Host {
    const found = this.#hosts.find((host) => host.name === name)
    if (!found) throw new Error(`no machine is called ${name}`)
    return found
  }

  byEthernet = (address: string): Host | undefined => this.#hosts.find(({ ethernet }) => ethernet === address)

  /** The address that a name, or an address, stands for. */
  address(text: string): string {
    const address = this.#names.get(text) ?? text
    if (!ipaddr.isValid(address)) throw new Error(`no address and no name: ${text}`)
    return address
  }

  /** 'vip:80' or '192.0.2.45:80' or '[2001:db8::45]:80', with the address in place of the name. */
  endpoint(text: string): string {
    const at = text.lastIndexOf(':')
    const address = this.address(text.slice(0, at).replace(/^\[|\]$/g, ''))
    return join(address, text.slice(at + 1))
  }

  nameOf(address: string): string {
    for (const [name, known] of this.#names) if (known === address) return name
    return address
  }
}

export const join = (address: string, port: string | number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

export const isIpv6 = (text: string): boolean => text.split(':').length > 2
