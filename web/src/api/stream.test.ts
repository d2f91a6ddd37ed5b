// @vitest-environment jsdom
/** Against a real server of events, with an EventSource that speaks the protocol; the page's visibility is set by hand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { EventSource as RealEventSource } from 'eventsource'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { openStream, type StreamState } from './stream'
import type { HoldfastEvent } from './types'

let server: Server
let base: string
let requests: IncomingMessage[]
let streams: ServerResponse[]
let refuse: boolean
let close: () => void

beforeEach(async () => {
  requests = []
  streams = []
  refuse = false
  close = () => undefined
  server = createServer((request, response) => {
    requests.push(request)
    if (refuse) {
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Access-Control-Allow-Origin': '*' })
    response.write('retry: 10\n\n')
    streams.push(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // Pages name addresses by path alone; outside of a browser the origin has to be added.
  class OwnOrigin extends RealEventSource {
    constructor(path: string) {
      super(new URL(path, base))
    }
  }
  vi.stubGlobal('EventSource', OwnOrigin)
})

afterEach(() => {
  close()
  server.closeAllConnections()
  server.close()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function watch() {
  const seen = { events: [] as HoldfastEvent[], opened: 0, states: [] as StreamState[] }
  close = openStream({
    run: 'r1',
    types: ['node.started', 'workflow.finished'],
    onEvent: (event) => seen.events.push(event),
    onOpen: () => (seen.opened += 1),
    onState: (state) => seen.states.push(state),
  })
  return seen
}

function send(type: string, data: string) {
  streams.at(-1)?.write(`id: 7\nevent: ${type}\ndata: ${data}\n\n`)
}

function setHidden(hidden: boolean) {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 })

test('events of the wanted types arrive, others and broken ones do not', async () => {
  const seen = watch()
  await until(() => expect(seen.opened).toBe(1))
  expect(requests[0]?.url).toBe('/api/v1/events/stream?run=r1')
  send('node.started', '{"id": "1", "type": "node.started"}')
  send('worker.started', '{"id": "2", "type": "worker.started"}')
  send('node.started', '{broken')
  send('workflow.finished', '{"id": "3", "type": "workflow.finished"}')
  await until(() => expect(seen.events.map((event) => event.id)).toEqual(['1', '3']))
  expect(seen.states).toEqual(['connecting', 'open'])
})

test('a reset asks for a new read', async () => {
  const seen = watch()
  await until(() => expect(seen.opened).toBe(1))
  send('reset', '{}')
  await until(() => expect(seen.opened).toBe(2))
  expect(seen.events).toEqual([])
})

test('a broken connection is resumed after the last event', async () => {
  const seen = watch()
  await until(() => expect(seen.opened).toBe(1))
  send('node.started', '{"id": "1"}')
  await until(() => expect(seen.events).toHaveLength(1))
  streams.at(-1)?.destroy()
  await until(() => expect(seen.opened).toBe(2))
  expect(seen.states).toEqual(['connecting', 'open', 'away', 'open'])
  expect(requests.at(-1)?.headers['last-event-id']).toBe('7')
})

test('a refused stream is asked for again until it is granted', async () => {
  refuse = true
  const seen = watch()
  await until(() => expect(seen.states).toContain('away'))
  refuse = false
  await until(() => expect(seen.opened).toBe(1))
  expect(seen.states.at(-1)).toBe('open')
})

test('a hidden page holds no connection, and opens one again when it is seen', async () => {
  const seen = watch()
  await until(() => expect(seen.opened).toBe(1))
  const ended = new Promise((resolve) => streams.at(-1)?.on('close', resolve))
  setHidden(true)
  await ended
  setHidden(false)
  await until(() => expect(seen.opened).toBe(2))
  expect(requests).toHaveLength(2)
})

test('closing ends the connection for good', async () => {
  const seen = watch()
  await until(() => expect(seen.opened).toBe(1))
  const ended = new Promise((resolve) => streams.at(-1)?.on('close', resolve))
  close()
  await ended
  setHidden(false)
  // Opening says "connecting" at once, before any request.
  expect(seen.states).toEqual(['connecting', 'open'])
})
