import { expect, test } from 'vitest'

import { trialFor, whyUntried } from './trying'

test('without a run, an expression about what only a run knows is not tried', () => {
  for (const source of ['input.name', 'nodes.first.output', 'trigger.body.total > 3']) {
    expect(whyUntried(source, { scope: { vars: {} } }, {})).toBe('No run yet to try it on.')
    expect(trialFor(source, { scope: { vars: {} } }, {})).toBeNull()
  }
})

test('without a run, it is tried on the constants, and on an example of the input', () => {
  const trial = { scope: { vars: { limit: 3 }, input: { name: '' } } }
  expect(trialFor('vars.limit', trial, {})).toBe(trial)
  expect(trialFor('input.name', trial, {})).toBe(trial)
})
