/** The kernel's settings to the fields the engine reads. */
import type { EngineSettings } from '../engine/table.js'
import type { State } from '../model/state.js'

/** A page as amemthresh counts it. */
const PAGE_BYTES = 4096

export function compileSettings({ settings, daemons }: Pick<State, 'settings' | 'daemons'>): EngineSettings {
  return {
    dropEntry: settings.drop_entry,
    dropPacket: settings.drop_packet,
    secureTcp: settings.secure_tcp,
    dropRate: settings.am_droprate,
    scarceBytes: settings.amemthresh * PAGE_BYTES,
    reuseMode: settings.conn_reuse_mode,
    expireNoDestination: settings.expire_nodest_conn !== 0,
    expireQuiescentTemplate: settings.expire_quiescent_template !== 0,
    translates: settings.conntrack !== 0,
    natIcmpSend: settings.nat_icmp_send !== 0,
    pathMtuDiscovery: settings.pmtu_disc !== 0,
    estimates: settings.run_estimation !== 0,
    schedulesIcmp: settings.schedule_icmp !== 0,
    ignoresTunneled: settings.ignore_tunneled !== 0,
    sloppyTcp: settings.sloppy_tcp !== 0,
    sloppySctp: settings.sloppy_sctp !== 0,
    lblcExpirationMs: settings.lblc_expiration * 1000,
    lblcrExpirationMs: settings.lblcr_expiration * 1000,
    standsBack: settings.backup_only !== 0 && daemons.backup !== null,
    syncThreshold: settings.sync_threshold[0],
    syncPeriod: settings.sync_threshold[1],
    syncRefreshMs: settings.sync_refresh_period * 1000,
    syncsTemplatesOnly: settings.sync_persist_mode !== 0,
  }
}
