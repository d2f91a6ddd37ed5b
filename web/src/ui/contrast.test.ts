/** WCAG AA over the very tokens that are shipped: every text colour on every ground it stands on, in both themes. */
import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

const css = readFileSync(new URL('../app.css', import.meta.url), 'utf8')
const tokens = new Map<string, [string, string]>()
for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)) {
  if (name && light && dark) tokens.set(name, [light, dark])
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (bright + 0.05) / (dim + 0.05)
}

function pair(text: string, ground: string): [number, number] {
  const [a, b] = [tokens.get(text), tokens.get(ground)]
  if (!a || !b) throw new Error(`no token ${text} or ${ground}`)
  return [contrast(a[0], b[0]), contrast(a[1], b[1])]
}

const GROUNDS = ['page', 'panel', 'raised', 'canvas']
const TONES = ['neutral', 'queued', 'running', 'waiting', 'success', 'failure']
const TEXTS = [
  ...['ink', 'ink-soft', 'ink-faint'].flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)),
  ...['page', 'panel', 'accent-soft'].map((ground) => ['accent', ground] as const),
  ...TONES.flatMap((tone) =>
    [`${tone}-soft`, 'panel', 'page'].map((ground) => [`${tone}-text`, ground] as const),
  ),
]

test.each(TEXTS)('%s on %s', (text, ground) => {
  const [light, dark] = pair(text, ground)
  expect(light).toBeGreaterThanOrEqual(4.5)
  expect(dark).toBeGreaterThanOrEqual(4.5)
})

test('white on the accent', () => {
  for (const colour of tokens.get('accent-solid') ?? ['#ffffff']) {
    expect(contrast('#ffffff', colour)).toBeGreaterThanOrEqual(4.5)
  }
})

test.each(TONES)('the mark of %s, which is no text, can be told from its ground', (tone) => {
  for (const ground of ['panel', 'canvas']) {
    expect(Math.min(...pair(`${tone}-mark`, ground))).toBeGreaterThanOrEqual(3)
  }
})
