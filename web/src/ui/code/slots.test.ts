import { expect, test } from 'vitest'

import { slotAt, slotsOf } from './slots'

const inner = (text: string) => slotsOf(text).map((slot) => text.slice(slot.inner.from, slot.inner.to))

test('a text has as many expressions as it has pairs of braces', () => {
  expect(inner('Dear {{ input.name }}, {{vars.b}}')).toEqual([' input.name ', 'vars.b'])
  expect(inner('no braces, {one}')).toEqual([])
})

test('braces in quotes and of maps end no expression', () => {
  expect(inner('{{ "}}" + a }} tail')).toEqual([' "}}" + a '])
  expect(inner("{{ {'a': {'b': 1}} }} tail")).toEqual([" {'a': {'b': 1}} "])
  expect(inner('{{ "a \\" }}" }}')).toEqual([' "a \\" }}" '])
})

test('one that is still being typed goes on to the end', () => {
  const [slot] = slotsOf('to {{ input.')
  expect(slot).toMatchObject({ from: 3, to: 12, closed: false })
  expect(inner("{{ it's")).toEqual([" it's"])
})

test('the slot of the cursor', () => {
  expect(slotAt('a {{ b }} c', 0)).toBeNull()
  expect(slotAt('a {{ b }} c', 5)?.from).toBe(2)
  expect(slotAt('a {{ b }} c', 9)).toBeNull()
})
