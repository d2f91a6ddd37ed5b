/** What is typed of a secret, and what is sent of it. Pure. */
import { TEXT, type Secret, type SecretContent, type SecretDraft } from '../api/secrets'
import type { Json } from '../api/types'
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

/** `secret` null: a new one. What is confidential is typed anew. */
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
