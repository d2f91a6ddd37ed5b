/**
 * JSON as text. What is typed is given on as soon as it is JSON; until then it is told what isn't, and the value stays.
 *
 * A value from outside that isn't what is written replaces the text.
 */
import { useState } from 'react'

import type { Json } from '../../api/types'
import { CodeField } from './CodeField'
import { readJson, sameJson, writeJson } from '../../api/exactJson'
import { jsonMistake } from './jsonText'
import type { CodeFieldProps, CodeMark } from './types'

const NONE: readonly CodeMark[] = []

interface Props extends Omit<CodeFieldProps, 'value' | 'onChange' | 'language'> {
  /** Undefined is the empty text. */
  value: Json | undefined
  onChange: (value: Json | undefined) => void
  /** An empty text is a value, too: none. */
  optional?: boolean
}

interface Written {
  text: string
  /** The value that the text stood for when it was taken over or typed. */
  value: Json | undefined
}

export function JsonEditor({ value, onChange, optional = false, ...rest }: Props) {
  const [written, setWritten] = useState<Written>(() => ({ text: textOf(value), value }))
  const [mistake, setMistake] = useState<CodeMark | null>(null)
  if (!sameJson(written.value, value)) {
    setWritten({ text: textOf(value), value })
    setMistake(null)
  }
  const type = (text: string) => {
    if (text.trim() === '' && optional) {
      setWritten({ text, value: undefined })
      setMistake(null)
      onChange(undefined)
      return
    }
    const wrong = jsonMistake(text)
    setMistake(wrong)
    if (wrong) {
      setWritten({ text, value })
      return
    }
    const next = readJson(text)
    setWritten({ text, value: next })
    onChange(next)
  }
  return (
    <>
      <CodeField
        {...rest}
        {...(mistake && { 'aria-invalid': true as const })}
        language="json"
        value={written.text}
        onChange={type}
        marks={mistake ? [mistake] : (rest.marks ?? NONE)}
      />
      {mistake && (
        <p role="alert" className="mt-1 text-xs text-[var(--failure-text)]">
          {mistake.message}
        </p>
      )}
    </>
  )
}

function textOf(value: Json | undefined): string {
  return value === undefined ? '' : writeJson(value, 2)
}
