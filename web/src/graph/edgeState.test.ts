import { expect, test } from 'vitest'

import type { Json, NodeState } from '../api/types'
import { edgeState, type EdgeState } from './edgeState'
import { node } from './fixtures'
import { parseEdge } from './ports'

interface Case {
  type?: string
  port?: string
  state: NodeState
  output?: Json
  handlesError?: boolean
  onError?: string
  is: EdgeState
}

const CASES: Case[] = [
  { state: 'PENDING', is: 'open' },
  { state: 'RUNNING', is: 'open' },
  { state: 'SCHEDULED', is: 'open' },
  { state: 'WAITING', is: 'open' },
  { state: 'SKIPPED', is: 'dead' },
  { state: 'SUCCEEDED', is: 'taken' },
  { state: 'SUCCEEDED', port: 'error', handlesError: true, is: 'dead' },
  { state: 'FAILED', is: 'dead' },
  { state: 'DEAD', port: 'error', handlesError: true, is: 'taken' },
  { state: 'DEAD', handlesError: true, is: 'dead' },
  { state: 'FAILED', onError: 'continue', is: 'taken' },
  { state: 'CANCELLED', is: 'dead' },
  { type: 'if', port: 'true', state: 'SUCCEEDED', output: { result: true }, is: 'taken' },
  { type: 'if', port: 'false', state: 'SUCCEEDED', output: { result: true }, is: 'dead' },
  { type: 'if', port: 'false', state: 'SUCCEEDED', output: { result: false }, is: 'taken' },
  { type: 'if', port: 'true', state: 'SUCCEEDED', output: null, is: 'unknown' },
  { type: 'switch', port: 'gold', state: 'SUCCEEDED', output: { case: 'gold' }, is: 'taken' },
  { type: 'switch', port: 'default', state: 'SUCCEEDED', output: { case: 'gold' }, is: 'dead' },
  { type: 'approval', port: 'rejected', state: 'SUCCEEDED', output: { approved: false }, is: 'taken' },
  { type: 'wait.event', port: 'timeout', state: 'SUCCEEDED', output: {}, is: 'dead' },
]

test.each(CASES)('$type $port of a node that is $state: $is', (given) => {
  const edge = parseEdge({ from: given.port ? `a.${given.port}` : 'a', to: 'b' })
  const source = {
    id: 'a',
    type: given.type ?? 'noop',
    ...(given.onError ? { on_error: given.onError } : {}),
  }
  const ran = node({ state: given.state, output: given.output ?? null })
  expect(edgeState(edge, source, ran, given.handlesError ?? false)).toBe(given.is)
})

test('a node that the run does not know is not decided', () => {
  expect(edgeState(parseEdge({ from: 'a', to: 'b' }), { id: 'a', type: 'noop' }, undefined, false)).toBe(
    'open',
  )
})
