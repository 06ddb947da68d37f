/** Who is told when a server or a service changes state or source ports run low: e-mail and webhooks. */

export interface Mail {
  host: string
  port: number
  /** TLS from the first byte, by STARTTLS (which then must be had), or none. */
  security: 'tls' | 'starttls' | 'none'
  /** '': no login. */
  user: string
  password: string
  from: string
  to: string[]
}

/** A POST with JSON. */
export interface Webhook {
  url: string
  /** `Authorization: Bearer TOKEN`; '': none. */
  token: string
}

export interface Alerts {
  mail: Mail | null
  webhooks: Webhook[]
  /** To each receiver at most so many messages a minute; what is more waits and goes as one. */
  perMinute: number
  /** Percent of a source pool's ports still free at which somebody is told; 0: never. */
  poolFreePercent: number
}

export const alertDefaults: Readonly<Alerts> = { mail: null, webhooks: [], perMinute: 6, poolFreePercent: 10 }

export const mailDefaults: Readonly<Mail> = {
  host: 'localhost',
  port: 25,
  security: 'none',
  user: '',
  password: '',
  from: 'fullnat@localhost',
  to: [],
}
