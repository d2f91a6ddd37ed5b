import { expect, test } from 'vitest'

import { read, write } from './source'

const rule = {
  name: 'bills',
  trigger: { type: 'cron', cron: '0 7 * * *' },
  conditions: ['tenant.plan == "pro"'],
  jobs: [{ kind: 'noop', payload: { n: 1, when: 'yes', none: null } }],
}

test.each(['yaml', 'json'] as const)('%s goes there and back', (language) => {
  expect(read(write(rule, language))).toEqual({ document: rule })
})

test('a mistake is told at its place, inside the text', () => {
  const text = 'name: a\njobs: [1, 2\n'
  const found = read(text)
  if (!('mark' in found)) throw new Error('no mistake')
  expect(found.mark.from).toBeGreaterThan(8)
  expect(found.mark.to).toBeLessThanOrEqual(text.length)
  expect(found.mark.message).not.toBe('')
})

test.each(['', '- a', 'text', '7'])('%j is no rule', (text) => {
  expect(read(text)).toHaveProperty('mark')
})
