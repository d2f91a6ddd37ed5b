/** How the sender of a webhook proves itself: the ways, and what each needs besides a secret. */
import type { Json } from '../api/types'
import { duration } from '../forms/nodeSchema'
import type { Schema } from '../forms/model'
import { isObject } from '../forms/place'

export const SIGNATURES: readonly { value: string; label: string }[] = [
  { value: 'none', label: 'None: whoever knows the address' },
  { value: 'standard', label: 'Standard Webhooks' },
  { value: 'github', label: 'GitHub' },
  { value: 'stripe', label: 'Stripe' },
  { value: 'slack', label: 'Slack' },
  { value: 'hmac', label: 'HMAC of the body' },
  { value: 'basic', label: 'User and password' },
  { value: 'bearer', label: 'Bearer token' },
]

const TOLERANCE = duration('Tolerance', 'How far its signed time may be away.', '5m')

const OWN: Record<string, Schema> = {
  standard: { tolerance: TOLERANCE },
  stripe: { tolerance: TOLERANCE },
  slack: { tolerance: TOLERANCE },
  hmac: {
    header: { type: 'string', title: 'Header', examples: ['x-signature'] },
    algorithm: {
      type: 'string',
      title: 'Algorithm',
      enum: ['sha1', 'sha256', 'sha512'],
      default: 'sha256',
    },
    encoding: { type: 'string', title: 'Encoding', enum: ['hex', 'base64'], default: 'hex' },
    prefix: { type: 'string', title: 'Before the signature', examples: ['sha256='] },
  },
  basic: { user: { type: 'string', title: 'User' } },
}

/** `secret`: the names to choose from, with the one that is chosen though it isn't there (yet). */
export function signatureSchema(type: string, secrets: readonly string[], several: boolean): Schema {
  const name = { type: 'string', title: 'Secret', enum: [...secrets] }
  return {
    type: 'object',
    properties: {
      ...(several
        ? { secrets: { type: 'array', title: 'Secrets', description: 'Any of them may match.', items: name } }
        : { secret: { ...name, description: 'By its name. Its value stands under Secrets alone.' } }),
      ...OWN[type],
    },
    required: [several ? 'secrets' : 'secret', ...(type === 'basic' ? ['user'] : [])],
  }
}

export function signatureType(signature: Json | undefined): string {
  const type = isObject(signature) ? signature['type'] : 'none'
  return typeof type === 'string' ? type : 'none'
}

/** Another way keeps the secret; none takes all of it out. */
export function withSignatureType(signature: Json | undefined, type: string): Json | undefined {
  if (type === 'none') return undefined
  const { secret, secrets } = isObject(signature) ? signature : {}
  return { type, ...(secret !== undefined && { secret }), ...(secrets !== undefined && { secrets }) }
}

/** The names of secrets that it uses. */
export function secretsOf(signature: Json | undefined): string[] {
  if (!isObject(signature)) return []
  const { secret, secrets } = signature
  return [secret, ...(Array.isArray(secrets) ? secrets : [])].filter((name) => typeof name === 'string')
}
