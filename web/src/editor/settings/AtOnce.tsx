/** How many runs go at a time, and what becomes of one more. */
import type { Json } from '../../api/types'
import { isObject } from '../../forms/place'
import { Labelled, NumberInput, SelectInput } from '../../ui/inputs'

interface Props {
  value: Json | undefined
  messages: readonly string[]
  onChange: (value: Json | undefined) => void
}

export function AtOnce({ value, messages, onChange }: Props) {
  const given = isObject(value) ? value['limit'] : value
  const limit = typeof given === 'number' ? given : null
  const full = isObject(value) && typeof value['when_full'] === 'string' ? value['when_full'] : 'queue'
  const give = (most: number | null, when: string) => {
    if (most === null) onChange(undefined)
    else onChange(when === 'queue' ? most : { limit: most, when_full: when })
  }
  return (
    <div className="grid grid-cols-2 gap-2" data-path="settings.max_concurrent_runs">
      <Labelled label="Runs at once" error={messages.join(' · ')}>
        {(wiring) => (
          <NumberInput
            {...wiring}
            min={1}
            value={limit}
            placeholder="no limit"
            onChange={(next) => give(next, full)}
          />
        )}
      </Labelled>
      <Labelled label="One more">
        {(wiring) => (
          <SelectInput
            {...wiring}
            value={full}
            disabled={limit === null}
            onChange={({ target }) => give(limit, target.value)}
          >
            <option value="queue">waits its turn</option>
            <option value="reject">is refused</option>
            <option value="replace">replaces the older</option>
          </SelectInput>
        )}
      </Labelled>
    </div>
  )
}
