/** Validating and saving definitions. */
import { call, newKey, Problem, query } from './http'
import type { Definition, ProblemEntry, Workflow } from './types'

const WORKFLOWS = '/api/v1/workflows'
const at = (name: string) => `${WORKFLOWS}/${encodeURIComponent(name)}`

export function readWorkflow(name: string, signal?: AbortSignal): Promise<Workflow> {
  return call<Workflow>(at(name), signal ? { signal } : {})
}

/** Every problem of a definition; none when it could be saved. Fails only when the server can't tell. */
export async function problemsOf(
  definition: Definition,
  signal: AbortSignal,
): Promise<readonly ProblemEntry[]> {
  try {
    await call(`${WORKFLOWS}/validate`, { method: 'POST', body: definition, signal })
    return []
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return error.errors
    throw error
  }
}

export function createWorkflow(definition: Definition, message: string): Promise<Workflow> {
  return call<Workflow>(WORKFLOWS + query({ message }), {
    method: 'POST',
    body: definition,
    idempotencyKey: newKey(),
  })
}

export function saveVersion(name: string, definition: Definition, message: string): Promise<Workflow> {
  return call<Workflow>(at(name) + query({ message }), { method: 'PUT', body: definition })
}
