/**
 * Test runs: of a definition as it stands in the editor, without a version. Nodes with a pinned output don't execute; with
 * `only`, one node alone does, its predecessors pinned or taken from an earlier run.
 */
import { call } from './http'
import type { Definition, Json, Run } from './types'

export interface TestRequest {
  definition: Definition
  /** Left out: that of `run`. */
  input?: Json
  pins: { [node: string]: Json }
  only?: string
  /** Whose outputs stand for predecessors that aren't pinned. */
  run?: string
}

export function startTest(workflow: string, request: TestRequest, idempotencyKey: string): Promise<Run> {
  return call<Run>(`/api/v1/workflows/${encodeURIComponent(workflow)}/tests`, {
    method: 'POST',
    body: request,
    exact: true,
    idempotencyKey,
  })
}
