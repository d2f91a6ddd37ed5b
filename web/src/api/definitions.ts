/** What the editor asks about definitions: the newest one, and what is wrong with one that isn't saved. */
import { call, Problem } from './http'
import type { Definition, ProblemEntry, Workflow } from './types'
import { validateDefinition } from './workflows'

export function readWorkflow(name: string, signal?: AbortSignal): Promise<Workflow> {
  const path = `/api/v1/workflows/${encodeURIComponent(name)}`
  return call<Workflow>(path, { exact: true, ...(signal && { signal }) })
}

/** Every problem of a definition; none when it could be saved. Fails only when the server can't tell. */
export async function problemsOf(
  definition: Definition,
  signal: AbortSignal,
): Promise<readonly ProblemEntry[]> {
  try {
    await validateDefinition(definition, signal)
    return []
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return error.errors
    throw error
  }
}
