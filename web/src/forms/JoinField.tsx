/** When a node with several edges into it runs: at all of them, at the first, or at the n-th that is taken. */
import type { NodeDefinition } from '../api/types'
import { Labelled, NumberInput, SelectInput } from '../ui/inputs'

type Join = NodeDefinition['join']

interface Props {
  value: Join
  path: string
  messages: readonly string[]
  onChange: (join: Join) => void
}

export function JoinField({ value, path, messages, onChange }: Props) {
  const kind = typeof value === 'object' ? 'at_least' : (value ?? 'all')
  const choose = (next: string) => {
    if (next === 'at_least') onChange({ at_least: 2 })
    else onChange(next === 'any' ? 'any' : undefined)
  }
  return (
    <div data-path={path}>
      <Labelled
        label="Runs when"
        hint="An edge is decided once its node has ended or was skipped."
        error={messages.join(' · ')}
      >
        {(wiring) => (
          <div className="flex gap-1.5">
            <SelectInput {...wiring} value={kind} onChange={({ target }) => choose(target.value)}>
              <option value="all">all edges into it are decided</option>
              <option value="any">the first edge is taken</option>
              <option value="at_least">so many edges are taken</option>
            </SelectInput>
            {typeof value === 'object' && (
              <NumberInput
                aria-label="How many edges"
                className="max-w-20"
                min={1}
                value={value.at_least}
                onChange={(count) => onChange({ at_least: count ?? 1 })}
              />
            )}
          </div>
        )}
      </Labelled>
    </div>
  )
}
