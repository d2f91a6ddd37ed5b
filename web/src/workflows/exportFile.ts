/** A definition as a file that can be imported again, or applied by `holdfast apply`. Made here, without the server. */
import { writeJson } from '../api/exactJson'
import type { Definition, Json } from '../api/types'

export type Format = 'yaml' | 'json'

/** The YAML library is loaded when it is first needed. */
export async function textOf(definition: Definition, format: Format): Promise<string> {
  const value = definition as unknown as Json
  if (format === 'json') return `${writeJson(value, 2)}\n`
  const { writeYaml } = await import('../editor/yaml/write')
  return writeYaml(value)
}

export async function exportFile(definition: Definition, format: Format): Promise<void> {
  const type = format === 'json' ? 'application/json' : 'application/yaml'
  const blob = new Blob([await textOf(definition, format)], { type: `${type};charset=utf-8` })
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = `${definition.name}.${format}`
  link.click()
  // The download has begun by then; without this the text stays in memory.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
