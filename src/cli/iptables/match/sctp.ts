import type { PortMatch } from '../../../model/netfilter.js'
import type { MatchExtension } from '../extension.js'
import { port, span } from '../value.js'
import { onlyOnce, PORT_OPTIONS, portReader, printPorts, savePorts } from './port-match.js'

export const sctp: MatchExtension<PortMatch> = {
  name: 'sctp',
  options: [...PORT_OPTIONS, { names: ['chunk-types'], argument: 'required', unsupported: true }],
  help: `sctp match options
[!] --source-port port[:port]                          match source port(s)
 --sport ...
[!] --destination-port port[:port]                     match destination port(s)
 --dport ...
[!] --chunk-types (all|any|none) (chunktype[:flags])+	match if all, any or none of
						        chunktypes are present
chunktypes - DATA INIT INIT_ACK SACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR COOKIE_ECHO COOKIE_ACK ECN_ECNE ECN_CWR SHUTDOWN_COMPLETE ASCONF ASCONF_ACK FORWARD_TSN ALL NONE
`,
  reader: ({ lookup }) => portReader('sctp', onlyOnce(), (text) => span(text, (part) => port(part, 'sctp', lookup))),
  print: printPorts,
  save: savePorts,
}
