/** A field for code. The editor comes in a chunk of its own; until it is there, the text can be read. */
import clsx from 'clsx'
import { createElement } from 'react'

import { useCode } from './loading'
import type { CodeFieldProps } from './types'

export function CodeField(props: CodeFieldProps) {
  const Editor = useCode()
  return Editor ? createElement(Editor, props) : <Reading {...props} />
}

function Reading({ value, className, placeholder }: CodeFieldProps) {
  return (
    <pre
      aria-busy
      className={clsx(
        'min-h-8 overflow-hidden rounded-md border border-line-strong bg-panel px-2.5 py-1.5 font-mono text-xs leading-[18px] whitespace-pre-wrap shadow-card',
        className,
      )}
    >
      {value || <span className="text-ink-faint">{placeholder}</span>}
    </pre>
  )
}
