/**
 * A definition on its way into the editor of a new workflow: an import, a duplicate.
 *
 * It lies in the session's storage, so that a reload of `/new` keeps it; reading it leaves it there until the workflow
 * is saved or another takes its place. A text that can't be read back counts as none.
 */
import { readJson, writeJson } from '../api/exactJson'
import type { Definition } from '../api/types'

const PLACE = 'holdfast.new-workflow'

export function handOver(definition: Definition): void {
  sessionStorage.setItem(PLACE, writeJson(definition))
}

export function handedOver(): Definition | null {
  const text = sessionStorage.getItem(PLACE)
  if (text === null) return null
  try {
    return readJson(text) as unknown as Definition
  } catch {
    return null
  }
}

export function forgetHandedOver(): void {
  sessionStorage.removeItem(PLACE)
}
