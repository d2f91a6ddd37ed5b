import { encode } from 'uqr'
import { expect, test } from 'vitest'

import { qrPath } from './qr'

const URI = 'otpauth://totp/Holdfast:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Holdfast'

test('the path covers the dark modules and nothing else', () => {
  const { size, d } = qrPath(URI)
  const dark = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  for (const [, x, y, width] of d.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let each = 0; each < Number(width); each += 1) {
      const row = dark[Number(y)]
      if (row) row[Number(x) + each] = true
    }
  }
  expect(dark).toEqual(encode(URI, { ecc: 'M', border: 4 }).data)
})

test('a quiet border of four modules stays light', () => {
  const { size, d } = qrPath(URI)
  for (const [, x, y, width] of d.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    expect(Math.min(Number(x), Number(y))).toBeGreaterThanOrEqual(4)
    expect(Math.max(Number(x) + Number(width), Number(y) + 1)).toBeLessThanOrEqual(size - 4)
  }
})
