/**
 * What testing remembers of a workflow in this browser: outputs pinned to nodes, and the last input.
 *
 * Anything in the storage that isn't of this form counts as nothing; a storage that is full or forbidden keeps it for as
 * long as the page is open.
 */
import { useCallback, useSyncExternalStore } from 'react'

import { readJson, writeJson } from '../../api/exactJson'
import type { Json } from '../../api/types'
import { without } from '../../graph/edit/document'

export interface Memory {
  pins: { readonly [node: string]: Json }
  input?: Json
}

const NOTHING: Memory = { pins: {} }
const PLACE = 'holdfast.testing.'
const known = new Map<string, Memory>()
const listeners = new Set<() => void>()

export function remembered(workflow: string): Memory {
  const memory = known.get(workflow) ?? read(workflow)
  known.set(workflow, memory)
  return memory
}

function read(workflow: string): Memory {
  try {
    const text = localStorage.getItem(PLACE + workflow)
    return text === null ? NOTHING : memoryOf(readJson(text))
  } catch {
    return NOTHING
  }
}

function memoryOf(value: Json): Memory {
  if (!isObject(value) || !isObject(value['pins'])) return NOTHING
  const { pins, input } = value as { pins: { [node: string]: Json }; input?: Json }
  return input === undefined ? { pins } : { pins, input }
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function remember(workflow: string, memory: Memory): void {
  known.set(workflow, memory)
  try {
    localStorage.setItem(PLACE + workflow, writeJson(memory))
  } catch {
    // Kept for as long as the page is open.
  }
  for (const listener of listeners) listener()
}

/** Forgets what was read, as a new page would. */
export function reread(): void {
  known.clear()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Without a workflow nothing is remembered. */
export function useMemory(workflow: string | null) {
  const memory = useSyncExternalStore(listen, () => (workflow === null ? NOTHING : remembered(workflow)))
  const keep = useCallback(
    (next: Memory) => {
      if (workflow !== null) remember(workflow, next)
    },
    [workflow],
  )
  return { memory, keep }
}

export function pinned(memory: Memory, node: string, output: Json): Memory {
  return { ...memory, pins: { ...memory.pins, [node]: output } }
}

export function unpinned(memory: Memory, node: string): Memory {
  return { ...memory, pins: without(memory.pins, node) }
}
