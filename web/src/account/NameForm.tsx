/** The name that others see. */
import { useState, type SubmitEvent } from 'react'

import { rename } from '../api/account'
import { SESSION_KEY } from '../api/session'
import { Button } from '../ui/Button'
import { Labelled, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'

export function NameForm({ name: given }: { name: string }) {
  const [name, setName] = useState(given)
  const save = useMutate({ run: rename, keys: [SESSION_KEY, ['members']], done: () => 'Saved your name' })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    save.start(name.trim())
  }
  return (
    <form onSubmit={submit} className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <Labelled label="Name">
          {(wiring) => (
            <TextInput
              {...wiring}
              required
              maxLength={100}
              autoComplete="name"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Labelled>
      </div>
      <Button type="submit" busy={save.busy} disabled={name.trim() === given || name.trim() === ''}>
        Save
      </Button>
    </form>
  )
}
