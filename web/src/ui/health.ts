/**
 * What the readiness answer means to a reader. The form of a check is open: a word, a flag, or an object with `status`
 * and perhaps `detail`; what doesn't say that it is well is named.
 */
import type { Json, Readiness } from '../api/types'

const WELL = new Set(['ok', 'up', 'ready', 'disabled', 'off', 'not_configured'])

export interface Health {
  level: 'ok' | 'degraded' | 'down'
  troubles: string[]
}

export function healthOf(ready: Readiness): Health {
  const troubles = Object.entries(ready.checks ?? {}).flatMap(([name, check]) => trouble(name, check))
  const level = ready.status === 'ok' ? 'ok' : ready.status === 'degraded' ? 'degraded' : 'down'
  return { level, troubles }
}

function trouble(name: string, check: Json): string[] {
  if (typeof check === 'object' && check !== null && !Array.isArray(check)) {
    if (isWell(check['status'] ?? check['ok'] ?? null)) return []
    const detail = check['detail'] ?? check['message'] ?? check['error'] ?? check['status']
    return [typeof detail === 'string' ? `${name}: ${detail}` : name]
  }
  if (isWell(check)) return []
  return [typeof check === 'string' ? `${name}: ${check}` : name]
}

function isWell(value: Json): boolean {
  return value === true || (typeof value === 'string' && WELL.has(value.toLowerCase()))
}
