import type { PortMatch } from '../../../model/nat.js'
import type { MatchExtension } from '../extension.js'
import { port, span } from '../value.js'
import { isAny, onlyOnce, PORT_OPTIONS, portReader, printPorts, savePorts } from './port-match.js'

export const tcp: MatchExtension<PortMatch> = {
  name: 'tcp',
  options: [
    ...PORT_OPTIONS,
    { names: ['syn'], argument: 'none', unsupported: true },
    { names: ['tcp-flags'], argument: 'required', unsupported: true },
    { names: ['tcp-option'], argument: 'required', unsupported: true },
  ],
  help: `tcp match options:
[!] --tcp-flags mask comp	match when TCP flags & mask == comp
				(Flags: SYN ACK FIN RST URG PSH ALL NONE)
[!] --syn			match when only SYN flag set
				(equivalent to --tcp-flags SYN,RST,ACK,FIN SYN)
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
[!] --tcp-option number        match if TCP option set
`,
  reader: ({ lookup }) =>
    portReader('tcp', onlyOnce(), (text) => {
      const ports = span(text, (part) => port(part, 'tcp', lookup))
      return isAny(ports) ? null : ports
    }),
  print: printPorts,
  save: savePorts,
}
