/** What a test sends. Pure. */
import type { TestRequest } from '../../api/tests'
import type { Definition, Json, Run } from '../../api/types'
import { exampleInput } from '../../graph/exampleInput'
import { graphAt } from '../../graph/edit/document'
import type { Memory } from './memory'

export function inputOf(definition: Definition, memory: Memory): Json {
  return memory.input !== undefined ? memory.input : exampleInput(definition.input)
}

/** Pins of nodes that are still there. */
export function pinsOf(definition: Definition, memory: Memory): { [node: string]: Json } {
  const ids = new Set(graphAt(definition).nodes.map(({ id }) => id))
  return Object.fromEntries(Object.entries(memory.pins).filter(([id]) => ids.has(id)))
}

export function wholeTest(definition: Definition, memory: Memory): TestRequest {
  return { definition, input: inputOf(definition, memory), pins: pinsOf(definition, memory) }
}

/** One node alone. With a run before, its input and what led to the node there stand in; its own pin doesn't. */
export function nodeTest(
  definition: Definition,
  memory: Memory,
  node: string,
  before: Run | null,
): TestRequest {
  const pins = Object.fromEntries(Object.entries(pinsOf(definition, memory)).filter(([id]) => id !== node))
  const whole = { definition, pins, only: node }
  return before ? { ...whole, run: before.id } : { ...whole, input: inputOf(definition, memory) }
}
