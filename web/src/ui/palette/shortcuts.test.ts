import { expect, test } from 'vitest'

import { PLACES } from '../Navigation'
import { meaningOf, PLACE_KEYS, type Meaning, type Stroke } from './shortcuts'

const stroke = (part: Partial<Stroke>): Stroke => ({
  key: 'x',
  mod: false,
  alt: false,
  typing: false,
  ...part,
})

test.each<[Partial<Stroke>, boolean, Meaning]>([
  [{ key: 'k', mod: true }, false, { does: 'palette' }],
  [{ key: 'K', mod: true, typing: true }, false, { does: 'palette' }],
  [{ key: 'k', mod: true, alt: true }, false, { does: 'none' }],
  [{ key: '?' }, false, { does: 'help' }],
  [{ key: '?', typing: true }, false, { does: 'none' }],
  [{ key: 'g' }, false, { does: 'lead' }],
  [{ key: 'g', typing: true }, false, { does: 'none' }],
  [{ key: 'r' }, true, { does: 'go', to: '/runs' }],
  [{ key: 'r' }, false, { does: 'none' }],
  [{ key: 'z' }, true, { does: 'none' }],
  [{ key: 'constructor' }, true, { does: 'none' }],
])('%j after g: %j', (part, led, meaning) => {
  expect(meaningOf(stroke(part), led)).toEqual(meaning)
})

test('every place of the navigation has its key, and no other place has one', () => {
  const places = PLACES.flatMap(({ places: all }) => all.map(({ to, label }) => ({ to, label })))
  const byAddress = (a: { to: string }, b: { to: string }) => a.to.localeCompare(b.to)
  expect(Object.values(PLACE_KEYS).toSorted(byAddress)).toEqual(places.toSorted(byAddress))
})
