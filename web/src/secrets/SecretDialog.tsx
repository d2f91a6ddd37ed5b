/**
 * Sets a secret: a text, or a connection whose fields its type draws. What is typed is sent once and kept nowhere on this
 * page. What is confidential is never read back: a text is typed anew, of a connection it stays where nothing is typed.
 */
import { useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'

import { asProblem } from '../api/http'
import { connectionTypesQuery, putSecret, TEXT, type Secret } from '../api/secrets'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, SelectInput, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'
import { BindingFields } from './BindingFields'
import { ConnectionFields } from './ConnectionFields'
import { draftOf, staysIn, typedOf, type Typed } from './draft'
import { nameProblem } from './names'
import { ValueField } from './ValueField'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Null: a new one. */
  secret: Secret | null
  taken: readonly string[]
}

export function SecretDialog({ open, onOpenChange, secret, taken }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={secret === null ? 'New secret' : `Replace ${secret.name}`}
      description="What is confidential is kept encrypted and never shown again."
    >
      <Draft secret={secret} taken={taken} onClose={() => onOpenChange(false)} />
    </Dialog>
  )
}

interface DraftProps {
  secret: Secret | null
  taken: readonly string[]
  onClose: () => void
}

function Draft({ secret, taken, onClose }: DraftProps) {
  const types = useQuery(connectionTypesQuery()).data ?? []
  const [typed, setTyped] = useState<Typed>(() => typedOf(secret))
  const [refused, refuse] = useState<unknown>(null)
  const type = (part: Partial<Typed>) => setTyped((before) => ({ ...before, ...part }))
  const { name } = typed
  const put = useMutate({
    run: () => putSecret(name, draftOf(typed)),
    keys: [['secrets']],
    toldInForm: true,
    done: () => `Set ${name}`,
    onDone: onClose,
  })
  const problem = nameProblem(name)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    if (problem === null) put.startAsync(undefined).catch(refuse)
  }
  const replaces = secret === null && taken.includes(name)
  const known = types.find((each) => each.id === typed.type)
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4" autoComplete="off">
      {secret === null && (
        <NameField {...{ name, problem, replaces }} onChange={(given) => type({ name: given })} />
      )}
      {(types.length > 0 || typed.type !== TEXT) && (
        <Labelled label="Type" hint={known?.description}>
          {(wiring) => (
            <SelectInput
              {...wiring}
              value={typed.type}
              onChange={({ target }) => type({ type: target.value, connection: {} })}
            >
              <option value={TEXT}>Text: a password, a token, a key</option>
              {types.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.title}
                </option>
              ))}
            </SelectInput>
          )}
        </Labelled>
      )}
      {typed.type === TEXT ? (
        <ValueField value={typed.value} onChange={(value) => type({ value })} autoFocus={secret !== null} />
      ) : (
        known && (
          <ConnectionFields
            type={known}
            value={typed.connection}
            kept={staysIn(secret, typed)}
            problems={refused === null ? [] : asProblem(refused).errors}
            onChange={(connection) => type({ connection })}
          />
        )
      )}
      <BindingFields typed={typed} onChange={type} />
      <FormFoot
        action={secret === null && !replaces ? 'Save' : 'Replace'}
        busy={put.busy}
        disabled={problem !== null}
        refused={refused}
        onCancel={onClose}
      />
    </form>
  )
}

interface NameProps {
  name: string
  problem: string | null
  replaces: boolean
  onChange: (name: string) => void
}

function NameField({ name, problem, replaces, onChange }: NameProps) {
  return (
    <Labelled
      label="Name"
      required
      error={problem}
      hint={replaces ? 'There is one of this name: it will be replaced.' : 'Such as GITHUB_TOKEN.'}
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
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}
