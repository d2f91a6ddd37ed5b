import { expect, test } from 'vitest'

import type { Page, Run } from '../api/types'
import { run } from '../graph/fixtures'
import { groupRecent, recentRuns, SHOWN } from './recent'

const of = (workflow: string, count: number): Run[] =>
  Array.from({ length: count }, (_, index) => run({}, { id: `${workflow}-${index}`, workflow }))

test('a page that is the whole list tells everything', () => {
  const { runs, incomplete } = groupRecent(['a', 'b'], {
    items: [...of('a', 2), ...of('gone', 1)],
    next: null,
  })
  expect(runs['a']).toHaveLength(2)
  expect(runs['b']).toEqual([])
  expect(incomplete).toEqual([])
})

test('of a longer list, workflows with fewer runs than shown are asked for by name', async () => {
  const asked: (string | undefined)[] = []
  const fetchRuns = (workflow: string | undefined): Promise<Page<Run>> => {
    asked.push(workflow)
    return Promise.resolve(
      workflow === undefined
        ? { items: [...of('busy', 30), ...of('calm', 1)], next: 'more' }
        : { items: of(workflow, 4), next: null },
    )
  }
  const runs = await recentRuns(['busy', 'calm'], fetchRuns)
  expect(asked).toEqual([undefined, 'calm'])
  expect(runs['busy']).toHaveLength(SHOWN)
  expect(runs['calm']).toHaveLength(4)
})
