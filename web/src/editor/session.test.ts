import { expect, test } from 'vitest'

import { graphAt } from '../graph/edit/document'
import { kinds, nested } from '../graph/edit/fixtures'
import { adding, connecting, disconnecting, duplicating, nudging, removing, selectingAll } from './acts'
import type { Kind } from './contract'
import {
  changed,
  entering,
  fresh,
  isDirty,
  open,
  present,
  redone,
  savedAs,
  selecting,
  undone,
} from './session'

const workflow = {
  id: 'w1',
  name: 'people',
  version: 3,
  enabled: true,
  triggers: [],
  definition: nested,
}
const start = open(workflow)
const log = kinds.get('log') as Kind

test('a change makes it dirty, its undo clean again', () => {
  const next = changed({ ...nested, title: 'People' }, 'Title')(start)
  expect([isDirty(start), isDirty(next), isDirty(undone(next))]).toEqual([false, true, false])
  expect(present(redone(undone(next))).title).toBe('People')
})

test('what was changed while a save went on stays unsaved', () => {
  const sent = changed({ ...nested, title: 'A' }, 'Title')(start)
  const later = changed({ ...nested, title: 'B' }, 'Title')(sent)
  const saved = savedAs(present(sent), { ...workflow, version: 4 })
  expect(isDirty(saved(sent))).toBe(false)
  expect(isDirty(saved(later))).toBe(true)
  expect(saved(later).saved).toEqual({ name: 'people', version: 4 })
})

test('a new workflow has no saved name', () => {
  expect(fresh(nested).saved).toBeNull()
})

test('a node is added after the selected one and selected itself', () => {
  const next = adding(log, {}, { x: 0, y: 0 }, kinds)(selecting(['done'])(start))
  expect(next.selected).toEqual(['log'])
  expect(present(next).edges?.at(-1)).toEqual({ from: 'done', to: 'log' })
  expect(undone(next).selected).toEqual([])
})

test('with none selected it stands in the middle, unconnected', () => {
  const next = adding(log, {}, { x: 2000, y: 2000 }, kinds)(start)
  expect(present(next).layout?.['log']).toEqual({ x: 2000, y: 2000 })
  expect(present(next).edges).toHaveLength(2)
})

test('a node goes into an edge', () => {
  const within = { from: 'fetch', port: 'out', to: 'people' }
  const next = adding(log, { at: { x: 0, y: 200 }, within }, { x: 0, y: 0 }, kinds)(start)
  expect(present(next).edges).toEqual([
    { from: 'people', to: 'done' },
    { from: 'fetch', to: 'log' },
    { from: 'log', to: 'people' },
  ])
})

test('a refused connection changes nothing, not even the history', () => {
  expect(connecting({ from: 'done', port: 'out', to: 'fetch' }, kinds)(start)).toBe(start)
  expect(present(connecting({ from: 'fetch', port: 'error', to: 'done' }, kinds)(start)).edges).toHaveLength(
    3,
  )
})

test('an edge or the selection goes, and comes back', () => {
  expect(present(disconnecting('fetch.out->people')(start)).edges).toHaveLength(1)
  const gone = removing(selecting(['people'], ['people.out->done'])(start))
  expect(present(gone).nodes).toHaveLength(2)
  expect(gone.selected).toEqual([])
  expect(present(undone(gone))).toBe(nested)
  expect(removing(start)).toBe(start)
})

test('inside a map, everything happens to its body', () => {
  const inside = entering(['people'])(start)
  const next = adding(log, {}, { x: 0, y: 900 }, kinds)(selecting(['person'])(inside))
  expect(graphAt(present(next), ['people']).nodes.map(({ id }) => id)).toContain('log')
  expect(present(next).nodes).toHaveLength(3)
})

test('a body that is gone is left', () => {
  const inside = entering(['people'], ['known'])(start)
  const next = changed({ ...nested, nodes: [] }, 'YAML')(inside)
  expect([next.path, next.selected]).toEqual([[], []])
})

test('keys that nudge are one step; duplicates are selected; all can be', () => {
  const chosen = selecting(['done'])(start)
  const moved = nudging(20, 0)(nudging(20, 0)(chosen))
  expect(present(moved).layout?.['done']).toEqual({ x: 640, y: 0 })
  expect(present(undone(moved))).toBe(nested)
  expect(duplicating(kinds)(chosen).selected).toEqual(['done_2'])
  expect(selectingAll(start).selected).toEqual(['fetch', 'people', 'done'])
})
