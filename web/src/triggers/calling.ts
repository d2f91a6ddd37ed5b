/** A test call of a webhook from this page: a real one, to the address's path on this origin. */
import type { Json, TriggerDefinition } from '../api/types'

export interface CallAnswer {
  status: number
  text: string
  /** The run that it started. */
  run: string | null
}

const BODILESS = new Set(['GET', 'HEAD'])

export function methodsOf(trigger: TriggerDefinition): string[] {
  const { methods } = trigger
  const named = Array.isArray(methods) ? methods.filter((name) => typeof name === 'string') : []
  return named.length > 0 ? named : ['POST', 'GET', 'PUT', 'PATCH', 'DELETE']
}

export function hasBody(method: string): boolean {
  return !BODILESS.has(method)
}

/** The page may call its own origin only; the server is that origin, whatever address it gives away. */
export function pathOf(url: string, query: string): string {
  const { pathname } = new URL(url, 'http://127.0.0.1')
  const rest = query.trim().replace(/^\?/, '')
  return rest ? `${pathname}?${rest}` : pathname
}

export async function callHook(path: string, method: string, body: string): Promise<CallAnswer> {
  const response = await fetch(path, {
    method,
    credentials: 'omit',
    ...(hasBody(method) && { body, headers: { 'Content-Type': 'application/json' } }),
  })
  const text = await response.text()
  return { status: response.status, text, run: runIn(text) }
}

function runIn(text: string): string | null {
  try {
    const answer = JSON.parse(text) as Json
    const run =
      typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? answer['run_id'] : null
    return typeof run === 'string' ? run : null
  } catch {
    return null
  }
}
