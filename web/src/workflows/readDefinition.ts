/**
 * A text that somebody brings, read as a definition: JSON or YAML, told apart by the file's name and its first character.
 *
 * Only what stands in the text is judged here, with its line; whether it is a valid workflow, the editor tells.
 */
import { readJson, Unreadable } from '../api/exactJson'
import type { Definition, Json } from '../api/types'
import { readYaml, type TextProblem } from '../editor/yaml/read'

export type Imported =
  | { ok: true; definition: Definition }
  | { ok: false; format: 'JSON' | 'YAML'; problems: readonly TextProblem[] }

export function readDefinition(text: string, file = ''): Imported {
  const isYamlFile = /\.ya?ml$/i.test(file)
  const looksLikeJson = /^\ufeff?\s*[[{"]/.test(text)
  if (/\.json$/i.test(file) || (looksLikeJson && !isYamlFile)) {
    const read = asJson(text)
    // YAML may begin with a brace as well.
    if (read.ok || /\.json$/i.test(file)) return read
    const other = asYaml(text)
    return other.ok ? other : read
  }
  return asYaml(text)
}

function asJson(text: string): Imported {
  try {
    return checked('JSON', readJson(text))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { message, line, column } = error
    return { ok: false, format: 'JSON', problems: [{ message, line, column }] }
  }
}

function asYaml(text: string): Imported {
  const { value, problems } = readYaml(text)
  return problems.length > 0 ? { ok: false, format: 'YAML', problems } : checked('YAML', value)
}

function checked(format: 'JSON' | 'YAML', value: Json): Imported {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { ok: true, definition: value as unknown as Definition }
  }
  const message = value === null ? 'there is nothing in it' : 'a workflow is an object with nodes and edges'
  return { ok: false, format, problems: [{ message, line: 1, column: 1 }] }
}
