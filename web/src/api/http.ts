/**
 * One call to the API of this origin.
 *
 * Answers other than 2xx become a `Problem` (RFC 9457), with every `errors` entry kept; a server that can't be reached
 * becomes a `Problem` with status 0. A body that isn't the expected JSON is never shown as if it were.
 */
import { readJson, writeJson } from './exactJson'
import type { ProblemEntry } from './types'

export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: ProblemEntry[] = [],
    /** Seconds after which it may be tried again, where the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail || title)
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem(-1, 'Something went wrong', error instanceof Error ? error.message : String(error))
}

const TRIES_AGAIN = 'The page tries again by itself.'
const MAY_HAVE_ARRIVED =
  "The server can't be reached. Nothing is known to have been done: look again once it answers, and repeat it then."

interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** The body's type where it isn't JSON: then `body` is the text itself. */
  contentType?: string
  idempotencyKey?: string
  signal?: AbortSignal
  /** A status outside 2xx whose body is still the answer, such as 503 of the readiness check. */
  accept?: number
  /** Numbers are sent and read as they are written (`exactJson`): for definitions, which are saved again. */
  exact?: boolean
}

type Refused = (status: 401 | 403, path: string) => void
const watchers = new Set<Refused>()

/** Tells of every answer that says that the caller isn't known or may not; the answer ends that. */
export function watchRefused(told: Refused): () => void {
  watchers.add(told)
  return () => watchers.delete(told)
}

export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(path, options)
  const { status } = response
  if (status === 401 || status === 403) watchers.forEach((told) => told(status, path))
  if (!response.ok && status !== options.accept) throw await problemOf(response)
  if (status === 204) return undefined as T
  try {
    return (options.exact ? readJson(await response.text()) : await response.json()) as T
  } catch {
    throw new Problem(status, 'Unreadable answer', `${path} did not answer with JSON.`)
  }
}

async function send(path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = options.contentType ?? 'application/json'
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey
  try {
    return await fetch(path, {
      method: options.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: bodyOf(options) }),
      ...(options.signal ? { signal: options.signal } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    const reads = (options.method ?? 'GET') === 'GET'
    throw new Problem(0, "The server can't be reached", reads ? TRIES_AGAIN : MAY_HAVE_ARRIVED)
  }
}

function bodyOf({ body, contentType, exact }: CallOptions): string {
  if (contentType !== undefined) return String(body)
  return exact ? writeJson(body) : JSON.stringify(body)
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = response.statusText || `Status ${response.status}`
  const later = secondsOf(response.headers.get('Retry-After'))
  const bare = new Problem(response.status, fallback, '', [], later)
  let body: unknown
  try {
    body = await response.json()
  } catch {
    return bare
  }
  if (typeof body !== 'object' || body === null) return bare
  const { title, detail, errors } = body as { title?: unknown; detail?: unknown; errors?: unknown }
  return new Problem(
    response.status,
    typeof title === 'string' ? title : fallback,
    typeof detail === 'string' ? detail : '',
    Array.isArray(errors) ? errors.filter(isEntry) : [],
    later,
  )
}

/** Our server gives seconds; anything else counts as nothing. */
function secondsOf(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null
}

function isEntry(value: unknown): value is ProblemEntry {
  if (typeof value !== 'object' || value === null) return false
  const entry = value as Partial<ProblemEntry>
  return typeof entry.path === 'string' && typeof entry.message === 'string'
}

/** A query string of the parameters that have a value; empty when none has. */
export function query(parameters: Record<string, string | number | boolean | undefined | null>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `?${text}` : ''
}

/** 128 random bits in hex. Not `randomUUID`, which plain-http origins other than loopback don't have. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
