/** Reads of a kept mail. */
import type { Mail } from '../api/types'

export function addresses(value: string | string[]): string {
  return Array.isArray(value) ? value.join(', ') : value
}

/** Its id, or what tells it from others when the answer has none. */
export function mailKey(mail: Mail): string {
  return mail.id ?? `${mail.at} ${addresses(mail.to)} ${mail.subject}`
}

/** Whether every word of the search stands somewhere in it; case doesn't matter. */
export function answers(mail: Mail, search: string): boolean {
  const whole = [mail.subject, addresses(mail.to), mail.from, mail.text ?? mail.html ?? '']
    .join('\n')
    .toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word))
}
