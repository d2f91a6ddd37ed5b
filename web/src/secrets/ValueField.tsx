/** The value of a secret that is a text: hidden, unless it has several lines. */
import { useState } from 'react'

import { Labelled, TextArea, TextInput } from '../ui/inputs'
import { Switch } from '../ui/Switch'

interface Props {
  value: string
  onChange: (value: string) => void
  autoFocus: boolean
}

export function ValueField({ value, onChange, autoFocus }: Props) {
  const [lines, setLines] = useState(false)
  const common = { required: true, autoComplete: 'off', spellCheck: false, value } as const
  return (
    <Labelled
      label="Value"
      required
      aside={<Switch label="Several lines" checked={lines} onChange={setLines} />}
    >
      {(wiring) =>
        lines ? (
          <TextArea {...wiring} {...common} code onChange={(event) => onChange(event.target.value)} />
        ) : (
          <TextInput
            {...wiring}
            {...common}
            type="password"
            autoComplete="new-password"
            autoFocus={autoFocus}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Labelled>
  )
}
