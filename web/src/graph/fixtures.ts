/** A definition and its runs for the tests of the graph core: the design's own example, with an error branch. */
import type { Definition, Run, RunNode } from '../api/types'

export const definition: Definition = {
  holdfast: 1,
  name: 'lead-qualification',
  nodes: [
    { id: 'enrich', type: 'http.request', params: { method: 'POST', url: 'https://crm.example.com/enrich' } },
    { id: 'hot', type: 'if', params: { condition: 'nodes.enrich.output.json.score > vars.threshold' } },
    { id: 'mail', type: 'email.send', params: { to: '{{ input.email }}' } },
    { id: 'note', type: 'log', params: { message: 'cold lead' } },
    { id: 'sorry', type: 'log', params: { message: 'no answer' } },
    { id: 'done', type: 'transform', params: { value: { qualified: true } } },
  ],
  edges: [
    { from: 'enrich', to: 'hot' },
    { from: 'enrich.error', to: 'sorry' },
    { from: 'hot.true', to: 'mail' },
    { from: 'hot.false', to: 'note' },
    { from: 'mail', to: 'done' },
    { from: 'note', to: 'done' },
  ],
}

export function node(part: Partial<RunNode> = {}): RunNode {
  return {
    state: 'PENDING',
    attempts: 0,
    output: null,
    error: null,
    job_id: null,
    started_at: null,
    finished_at: null,
    ...part,
  }
}

export function run(nodes: Record<string, Partial<RunNode>>, part: Partial<Run> = {}): Run {
  return {
    id: 'r1',
    workflow: 'lead-qualification',
    version: 1,
    state: 'RUNNING',
    input: {},
    output: null,
    error: null,
    trigger: null,
    parent: null,
    correlation_id: null,
    created_at: '2026-01-02T10:00:00Z',
    started_at: '2026-01-02T10:00:00Z',
    finished_at: null,
    nodes: Object.fromEntries(Object.entries(nodes).map(([id, given]) => [id, node(given)])),
    ...part,
  }
}
