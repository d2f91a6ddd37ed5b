/** Sets a secret's value. What is typed is sent once and kept nowhere on this page. */
import { useState, type SubmitEvent } from 'react'

import { putSecret } from '../api/secrets'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextArea, TextInput } from '../ui/inputs'
import { Switch } from '../ui/Switch'
import { useMutate } from '../ui/useMutate'
import { nameProblem } from './names'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Null: a new one. */
  name: string | null
  taken: readonly string[]
}

export function SecretDialog({ open, onOpenChange, name, taken }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={name === null ? 'New secret' : `Replace the value of ${name}`}
      description="The value is kept encrypted and never shown again."
    >
      <Value name={name} taken={taken} onClose={() => onOpenChange(false)} />
    </Dialog>
  )
}

interface ValueProps {
  name: string | null
  taken: readonly string[]
  onClose: () => void
}

function Value({ name: given, taken, onClose }: ValueProps) {
  const [name, setName] = useState(given ?? '')
  const [value, setValue] = useState('')
  const [lines, setLines] = useState(false)
  const [refused, refuse] = useState<unknown>(null)
  const put = useMutate({
    run: () => putSecret(name, value),
    keys: [['secrets']],
    done: () => `Set ${name}`,
    onDone: onClose,
  })
  const problem = nameProblem(name)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    if (problem === null) put.startAsync(undefined).catch(refuse)
  }
  const replaces = given === null && taken.includes(name)
  const common = { required: true, autoComplete: 'off', spellCheck: false, value } as const
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4" autoComplete="off">
      {given === null && (
        <Labelled
          label="Name"
          required
          error={problem}
          hint={replaces ? 'There is one of this name: its value will be replaced.' : 'Such as GITHUB_TOKEN.'}
        >
          {(wiring) => (
            <TextInput
              {...wiring}
              required
              autoFocus
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Labelled>
      )}
      <Labelled
        label="Value"
        required
        aside={<Switch label="Several lines" checked={lines} onChange={setLines} />}
      >
        {(wiring) =>
          lines ? (
            <TextArea {...wiring} {...common} code onChange={(event) => setValue(event.target.value)} />
          ) : (
            <TextInput
              {...wiring}
              {...common}
              type="password"
              autoComplete="new-password"
              autoFocus={given !== null}
              onChange={(event) => setValue(event.target.value)}
            />
          )
        }
      </Labelled>
      <FormFoot
        action={given === null && !replaces ? 'Save' : 'Replace'}
        busy={put.busy}
        disabled={problem !== null}
        refused={refused}
        onCancel={onClose}
      />
    </form>
  )
}
