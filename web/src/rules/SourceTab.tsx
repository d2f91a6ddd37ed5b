/**
 * The rule as YAML or JSON. What is typed is the document as soon as it can be read; until then the place of the mistake is
 * marked, and nothing is given on. Comments are lost when the form changes the document.
 */
import { useState } from 'react'

import type { RuleDocument } from '../api/rules'
import { JsonEditor } from '../ui/code/JsonEditor'
import type { CodeMark } from '../ui/code/types'
import { YamlEditor } from '../ui/code/YamlEditor'
import { isPart } from './document'
import { read, write } from './source'

interface Props {
  document: RuleDocument
  onChange: (next: RuleDocument) => void
  /** Whether what is written can't be read. */
  onBroken: (broken: boolean) => void
}

const NONE: readonly CodeMark[] = []
const TALL = 'min-h-80 max-h-[70vh]'

export function YamlTab({ document, onChange, onBroken }: Props) {
  const [text, setText] = useState(() => write(document, 'yaml'))
  const [mark, setMark] = useState<CodeMark | null>(null)
  const type = (next: string) => {
    setText(next)
    const found = read(next)
    setMark('mark' in found ? found.mark : null)
    onBroken('mark' in found)
    if ('document' in found) onChange(found.document)
  }
  return (
    <div className="p-4">
      <YamlEditor
        label="The rule as YAML"
        value={text}
        onChange={type}
        marks={mark ? [mark] : NONE}
        className={TALL}
      />
      {mark && (
        <p role="alert" className="mt-1 text-xs text-[var(--failure-text)]">
          {mark.message}
        </p>
      )}
    </div>
  )
}

export function JsonTab({ document, onChange }: Props) {
  return (
    <div className="p-4">
      <JsonEditor
        label="The rule as JSON"
        lineNumbers
        value={document}
        onChange={(next) => isPart(next) && onChange(next)}
        className={TALL}
      />
    </div>
  )
}
