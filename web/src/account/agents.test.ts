import { expect, test } from 'vitest'

import { browserName } from './agents'

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36'

test.each([
  [CHROME, 'Chrome on Linux'],
  [`${CHROME} Edg/126.0`, 'Edge on Linux'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 Version/17.5 Safari/605', 'Safari on macOS'],
  ['Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0', 'Firefox on Android'],
  ['curl/8.5', 'curl/8.5'],
  ['', 'An unknown browser'],
])('%j is %j', (agent, name) => {
  expect(browserName(agent)).toBe(name)
})
