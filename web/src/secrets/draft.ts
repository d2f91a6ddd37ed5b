/** What is typed of a secret, and what is sent of it. Pure. */
import { TEXT, type Secret, type SecretContent, type SecretDraft } from '../api/secrets'
import type { Json } from '../api/types'
import { isObject } from '../forms/place'
import { linesIn } from '../tenants/lines'

type Fields = { [name: string]: Json }

export interface Typed {
  name: string
  type: string
  value: string
  connection: Fields
  description: string
  hosts: string
  kinds: string
}

/** `secret` null: a new one. What is confidential isn't known here. */
export function typedOf(secret: Secret | null): Typed {
  return {
    name: secret?.name ?? '',
    type: secret?.type ?? TEXT,
    value: '',
    connection: secret?.fields ?? {},
    description: secret?.description ?? '',
    hosts: (secret?.hosts ?? []).join('\n'),
    kinds: (secret?.kinds ?? []).join('\n'),
  }
}

export function draftOf(typed: Typed): SecretDraft {
  return {
    ...contentOf(typed),
    description: typed.description.trim(),
    hosts: boundTo(typed.hosts),
    kinds: boundTo(typed.kinds),
  }
}

/** Whether the server keeps what is confidential and isn't typed: of the same type, with the same way to prove oneself. */
export function staysIn(secret: Secret | null, { type, connection }: Typed): boolean {
  return (
    secret !== null && type !== TEXT && secret.type === type && wayOf(secret.fields) === wayOf(connection)
  )
}

function wayOf({ auth }: Fields): Json {
  return isObject(auth) ? (auth['type'] ?? null) : null
}

function contentOf({ type, value, connection }: Typed): SecretContent {
  return type === TEXT ? { value } : { connection: { ...connection, type } }
}

/** Nothing named binds it to nothing: it goes wherever it is sent. */
function boundTo(text: string): string[] | null {
  const names = linesIn(text)
  return names.length === 0 ? null : names
}

/** `only to api.example.com`, `only into http.request, notify`; null where it isn't bound. */
export function boundWords({ hosts, kinds }: Pick<Secret, 'hosts' | 'kinds'>): string | null {
  const parts = [hosts && `to ${hosts.join(', ')}`, kinds && `into ${kinds.join(', ')}`].filter(Boolean)
  return parts.length === 0 ? null : `only ${parts.join(' and ')}`
}
