/** Reads of a kept mail. */
import type { Mail } from '../api/types'

export function addresses(value: string | string[]): string {
  return Array.isArray(value) ? value.join(', ') : value
}

/** Its id, or what tells it from others when the answer has none. */
export function mailKey(mail: Mail): string {
  return mail.id ?? `${mail.at} ${addresses(mail.to)} ${mail.subject}`
}
