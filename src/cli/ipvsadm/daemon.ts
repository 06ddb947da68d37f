/** The lines of `ipvsadm -L --daemon`. */
import type { Daemons, SyncDaemon } from '../../model/sync.js'

export const daemonRows = ({ master, backup }: Daemons): string =>
  (master ? row('master', master) : '') + (backup ? row('backup', backup) : '')

const row = (role: string, daemon: SyncDaemon): string =>
  `${role} sync daemon (mcast=${daemon.interface}, syncid=${daemon.syncId}, maxlen=${daemon.maxLength}, ` +
  `group=${daemon.group}, port=${daemon.port}, ttl=${daemon.ttl})\n`
