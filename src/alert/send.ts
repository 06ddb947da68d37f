/** Ways to a receiver: an e-mail, a POST. Each resolves when the other side has taken it, and throws in words for a person. */
import { hostname } from 'node:os'
import type { Mail, Webhook } from '../model/alert.js'
import { type Alert, bodyOf, subjectOf } from './alert.js'

const TIMEOUT_MS = 15_000

export async function byMail(
  { host, port, security, user, password, from, to }: Mail,
  alerts: readonly Alert[],
  omitted: number,
): Promise<void> {
  const { createTransport } = await import('nodemailer')
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }
  const transport = createTransport({
    ...{ host, port, ...timeouts },
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user !== '' && { auth: { user, pass: password } }),
  })
  try {
    const text = `${bodyOf(alerts)}${omitted > 0 ? `\n${omitted} more were left out\n` : ''}`
    await transport.sendMail({ from, to, subject: subjectOf(hostname(), alerts), text })
  } finally {
    transport.close()
  }
}

/** `{host, alerts, omitted}`; any answer of 200-299 is well. */
export async function byWebhook({ url, token }: Webhook, alerts: readonly Alert[], omitted: number): Promise<void> {
  const headers = { 'Content-Type': 'application/json', ...(token !== '' && { Authorization: `Bearer ${token}` }) }
  const body = JSON.stringify({ host: hostname(), alerts, omitted })
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => {
    throw new Error(`no answer: ${(error.cause as Error | undefined)?.message || error.message}`)
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`HTTP status ${response.status}`)
}
