// @vitest-environment jsdom
import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'

import { useSitting } from './useSitting'

afterEach(cleanup)

const begin = (place: string) =>
  renderHook(({ at }: { at: string }) => useSitting(at), { initialProps: { at: place } })

it('goes on at the address that a save leads to', () => {
  const { result, rerender } = begin('new')
  const { sitting } = result.current
  act(() => result.current.moved('saved orders'))
  expect(result.current.sitting).toBe(sitting)
  rerender({ at: 'saved orders' })
  expect(result.current.sitting).toBe(sitting)
  act(() => result.current.moved('saved invoices'))
  rerender({ at: 'saved invoices' })
  expect(result.current.sitting).toBe(sitting)
})

it('begins anew at any other address, and at one that was left', () => {
  const { result, rerender } = begin('new')
  const seen = [result.current.sitting]
  for (const at of ['saved orders', 'new', 'new sample', 'saved orders']) {
    rerender({ at })
    seen.push(result.current.sitting)
  }
  expect(new Set(seen).size).toBe(5)
})

it('leads a save to its address once', () => {
  const { result, rerender } = begin('new')
  act(() => result.current.moved('saved orders'))
  rerender({ at: 'saved orders' })
  const { sitting } = result.current
  rerender({ at: 'new' })
  rerender({ at: 'saved orders' })
  expect(result.current.sitting).not.toBe(sitting)
})
