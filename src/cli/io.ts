/**
 * What a command line sees of the world: three streams and the director.
 *
 * A command line (cli/ipvsadm, cli/iptables) is `run(argv, io): Promise<number>`, the number is the exit status.
 * It reads and writes through this alone, so that one program serves the terminal and the tests.
 */

import type { Family } from '../address/words.js'
import type { CommandResult, ConnectionsView, DaemonsView, ServicesView, TableView } from '../api/routes.js'
import type { Command } from '../commands/command.js'
import type { TableName } from '../model/netfilter.js'

/** The director of this network namespace. Where none runs, views are empty and commands() starts one. */
export interface DirectorClient {
  /** Applied in order, all of them; one result each. */
  commands(list: Command[]): Promise<CommandResult[]>
  /** Counters of many services are most of a view: without them it is a fraction of the work. */
  services(counters: boolean): Promise<ServicesView>
  table(name: TableName, family: Family): Promise<TableView>
  /** From this place of the table on; the answer says where the next ones are. */
  connections(from: number): Promise<ConnectionsView>
  daemons(): Promise<DaemonsView>
}

export interface CliIo {
  /** All of standard input. */
  stdin(): Promise<string>
  out(text: string): void
  err(text: string): void
  director: DirectorClient
}
