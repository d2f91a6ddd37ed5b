/** A node's id. It is taken over when the field is left, or by Enter; Escape gives the old one back. */
import { useState } from 'react'

import { Labelled, TextInput } from '../ui/inputs'

interface Props {
  id: string
  path: string
  messages: readonly string[]
  /** It was renamed just now: the cursor is still here. */
  focused: boolean
  rename: (id: string) => string | null
}

export function IdField({ id, path, messages, focused, rename }: Props) {
  const [typed, type] = useState<string | null>(null)
  const [refused, refuse] = useState<string | null>(null)
  const commit = () => {
    if (typed === null || typed === id) {
      type(null)
      return
    }
    const why = rename(typed)
    refuse(why)
    if (why === null) type(null)
  }
  const undo = () => {
    type(null)
    refuse(null)
  }
  return (
    <div data-path={path}>
      <Labelled
        label="ID"
        error={refused ?? messages.join(' · ')}
        hint={
          typed === null
            ? undefined
            : `Expressions read it as nodes.${typed}.output; all that do will follow.`
        }
      >
        {(wiring) => (
          <TextInput
            {...wiring}
            className="font-mono text-xs"
            value={typed ?? id}
            spellCheck={false}
            autoComplete="off"
            autoFocus={focused}
            onChange={({ target }) => type(target.value)}
            onBlur={commit}
            onKeyDown={(event) => {
              if (event.key === 'Enter') commit()
              if (event.key === 'Escape' && typed !== null) {
                event.stopPropagation()
                undo()
              }
            }}
          />
        )}
      </Labelled>
    </div>
  )
}
