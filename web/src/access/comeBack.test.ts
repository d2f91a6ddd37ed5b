import { expect, test } from 'vitest'

import { comeBackTo, isDoor } from './comeBack'

test.each([
  ['/runs?state=FAILED', '/runs?state=FAILED'],
  ['/workflows/a%20b/edit#node', '/workflows/a%20b/edit#node'],
  [undefined, '/'],
  ['', '/'],
  ['runs', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['/\tevil', '/'],
  ['/signin?to=/runs', '/'],
  ['/invite', '/'],
  ['/invites-of-mine', '/invites-of-mine'],
])('asked for %j, it leads to %j', (asked, to) => {
  expect(comeBackTo(asked)).toBe(to)
})

test('doors are known with and without the folder of the console', () => {
  expect(['/app/signin', '/signin', '/app/invite', '/app/setup'].map(isDoor)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['/app/', '/app/runs', '/app/runs/signin', '/app/signing'].some(isDoor)).toBe(false)
})
