/** YAML as text, with line numbers and marks; what it means is the caller's. */
import { CodeField } from './CodeField'
import type { CodeFieldProps } from './types'

export function YamlEditor(props: Omit<CodeFieldProps, 'language'>) {
  return <CodeField lineNumbers {...props} language="yaml" />
}
