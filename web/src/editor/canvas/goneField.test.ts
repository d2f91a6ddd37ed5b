// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test } from 'vitest'

import { fieldIsGone, watchFields } from './goneField'
import { isOnCanvas } from './useCanvasKeys'

let stop = () => {}

beforeEach(() => {
  stop = watchFields(document)
})

afterEach(() => {
  stop()
  document.body.innerHTML = ''
})

function typing(where: string): HTMLInputElement {
  document.body.innerHTML = `<div ${where}><input></div>`
  const field = document.querySelector('input') as HTMLInputElement
  field.focus()
  return field
}

test('keys mean nothing while the field that had the focus is gone', () => {
  const field = typing('data-inspector')
  expect(fieldIsGone()).toBe(false)
  field.remove()
  expect(fieldIsGone()).toBe(true)
  expect(isOnCanvas(document.body, null)).toBe(false)
})

test('pointing somewhere, and Escape, end that', () => {
  typing('data-inspector').remove()
  document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }))
  expect(fieldIsGone()).toBe(false)

  typing('data-inspector').remove()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
  expect(isOnCanvas(document.body, null)).toBe(true)
})

test('a field elsewhere, such as that of a dialog, leaves the keys to the canvas', () => {
  typing('role=none').remove()
  expect(isOnCanvas(document.body, null)).toBe(true)
})
