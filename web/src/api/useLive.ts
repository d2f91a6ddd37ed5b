/**
 * Keeps a page current: events of the stream make its queries be read again, at most once per `wait` ms.
 *
 * The stream only hints, so a lost event costs latency; every page that lives also polls slowly (`BACKSTOP`).
 */
import { useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'

import { coalesce } from './coalesce'
import type { StreamState } from './stream'
import { useStream } from './useStream'

export const BACKSTOP = 20_000

interface Live {
  run?: string
  types: readonly string[]
  /** Beginnings of the query keys to read again. Give a constant. */
  keys: readonly QueryKey[]
  wait: number
  enabled?: boolean
}

export function useLive({ run, types, keys, wait, enabled = true }: Live): StreamState {
  const client = useQueryClient()
  const refresh = useMemo(
    () =>
      coalesce(() => {
        for (const queryKey of keys) void client.invalidateQueries({ queryKey })
      }, wait),
    [client, keys, wait],
  )
  useEffect(() => refresh.stop, [refresh])
  return useStream({
    ...(run === undefined ? {} : { run }),
    types,
    enabled,
    onEvent: refresh,
    onOpen: refresh,
  })
}
