import { expect, test } from 'vitest'

import { FrameReader, type Frame } from './sse'

const TEXT =
  'retry: 1000\n: connected\n\nid: 48\nevent: order.sent\ndata: {"a":\ndata: "ü: 1"}\n\nid: 49\n: passed\n\n'
const FRAMES: Frame[] = [
  { id: null, event: 'message', data: '' },
  { id: '48', event: 'order.sent', data: '{"a":\n"ü: 1"}' },
  { id: '49', event: 'message', data: '' },
]

test.each([1, 2, 3, 7, 1_000])('frames are the same in pieces of %d characters', (size) => {
  for (const text of [TEXT, TEXT.replaceAll('\n', '\r\n')]) {
    const reader = new FrameReader()
    const found: Frame[] = []
    for (let at = 0; at < text.length; at += size) found.push(...reader.read(text.slice(at, at + size)))
    expect(found).toEqual(FRAMES)
  }
})

test('a frame without its end is not given', () => {
  expect(new FrameReader().read('id: 1\ndata: x\n')).toEqual([])
})
