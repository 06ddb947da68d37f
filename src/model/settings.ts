/**
 * The settings of net.ipv4.vs, by the kernel's names: their defaults, their ranges, and what stands fixed here
 * (net/netfilter/ipvs/ip_vs_ctl.c, vs_vars; ip_vs_lblc.c, ip_vs_lblcr.c).
 */
export interface Settings {
  /** In drop modes 3: every so many packets. */
  am_droprate: number
  /** Pages of available memory under which there is an emergency. */
  amemthresh: number
  backup_only: number
  cache_bypass: number
  conn_reuse_mode: number
  conntrack: number
  drop_entry: number
  drop_packet: number
  expire_nodest_conn: number
  expire_quiescent_template: number
  ignore_tunneled: number
  /** Seconds, as the next one. */
  lblc_expiration: number
  lblcr_expiration: number
  nat_icmp_send: number
  pmtu_disc: number
  run_estimation: number
  schedule_icmp: number
  secure_tcp: number
  sloppy_sctp: number
  sloppy_tcp: number
  snat_reroute: number
  sync_persist_mode: number
  sync_ports: number
  sync_qlen_max: number
  sync_refresh_period: number
  sync_retries: number
  sync_sock_size: number
  /** Threshold and period. */
  sync_threshold: readonly [number, number]
  sync_version: number
}

export type SettingName = keyof Settings

/** Another prefix than the kernel's own is none of it. */
export const SETTING_PREFIX = 'net.ipv4.vs.'

export interface SettingSpec {
  from: number
  to: number
  /** Why no other value than the default is taken; '' if any in range is. */
  fixed: string
}

const INT_MAX = 0x7fffffff
/** proc_dointvec: any int; not 0 is on. */
const ANY: SettingSpec = { from: -INT_MAX - 1, to: INT_MAX, fixed: '' }
/** proc_do_defense_mode: off, automatic (idle or at work), always. */
export const MODE: SettingSpec = { from: 0, to: 3, fixed: '' }
/** proc_dointvec_jiffies at 250 Hz. */
const SECONDS: SettingSpec = { from: 0, to: Math.floor(INT_MAX / 250), fixed: '' }

export const settingSpecs: Readonly<Record<SettingName, SettingSpec>> = {
  am_droprate: ANY,
  amemthresh: ANY,
  backup_only: ANY,
  cache_bypass: fixed('a mark service without a real server is not bypassed'),
  conn_reuse_mode: ANY,
  conntrack: ANY,
  drop_entry: MODE,
  drop_packet: MODE,
  expire_nodest_conn: ANY,
  expire_quiescent_template: ANY,
  ignore_tunneled: ANY,
  lblc_expiration: SECONDS,
  lblcr_expiration: SECONDS,
  nat_icmp_send: ANY,
  pmtu_disc: ANY,
  run_estimation: ANY,
  schedule_icmp: ANY,
  secure_tcp: MODE,
  sloppy_sctp: ANY,
  sloppy_tcp: ANY,
  snat_reroute: fixed('answers are always routed by their new source'),
  sync_persist_mode: ANY,
  sync_ports: fixed('one daemon sends, and one hears'),
  sync_qlen_max: fixed('nothing queues up to be sent'),
  sync_refresh_period: SECONDS,
  sync_retries: fixed('what is due is told once'),
  sync_sock_size: fixed('sockets have the size that the system gives them'),
  sync_threshold: { from: 0, to: INT_MAX, fixed: '' },
  sync_version: fixed('messages of version 1 are sent; both versions are understood'),
}

/** As a kernel has them, but for conntrack. */
export const defaultSettings: Readonly<Settings> = {
  am_droprate: 10,
  amemthresh: 1024,
  backup_only: 0,
  cache_bypass: 0,
  conn_reuse_mode: 1,
  conntrack: 1,
  drop_entry: 0,
  drop_packet: 0,
  expire_nodest_conn: 0,
  expire_quiescent_template: 0,
  ignore_tunneled: 0,
  lblc_expiration: 86_400,
  lblcr_expiration: 86_400,
  nat_icmp_send: 0,
  pmtu_disc: 1,
  run_estimation: 1,
  schedule_icmp: 0,
  secure_tcp: 0,
  sloppy_sctp: 0,
  sloppy_tcp: 0,
  snat_reroute: 1,
  sync_persist_mode: 0,
  sync_ports: 1,
  sync_qlen_max: 0,
  sync_refresh_period: 0,
  sync_retries: 0,
  sync_sock_size: 0,
  sync_threshold: [3, 50],
  sync_version: 1,
}

export const settingNames = Object.keys(settingSpecs) as SettingName[]

/** The setting that a person means by `net.ipv4.vs.NAME`, `net/ipv4/vs/NAME` or `NAME`; null if there is none. */
export function settingCalled(text: string): SettingName | null {
  const dotted = text.replaceAll('/', '.')
  const name = dotted.startsWith(SETTING_PREFIX) ? dotted.slice(SETTING_PREFIX.length) : dotted
  return Object.hasOwn(settingSpecs, name) ? (name as SettingName) : null
}

/** As the kernel's files have it: numbers with tabs between them. */
export const settingText = (value: Settings[SettingName]): string =>
  typeof value === 'number' ? `${value}` : value.join('\t')

function fixed(reason: string): SettingSpec {
  return { ...ANY, fixed: reason }
}
