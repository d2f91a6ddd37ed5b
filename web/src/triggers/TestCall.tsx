/** Calls a webhook as its sender would, and shows the answer. What runs is the saved workflow. */
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { asProblem } from '../api/http'
import type { TriggerDefinition } from '../api/types'
import { Button } from '../ui/Button'
import { CodeField } from '../ui/code/CodeField'
import { jsonMistake } from '../ui/code/jsonText'
import { Labelled, SelectInput, TextInput } from '../ui/inputs'
import { callHook, hasBody, methodsOf, pathOf } from './calling'
import { signatureType } from './signatures'

interface Props {
  trigger: TriggerDefinition
  url: string
  dirty: boolean
}

export function TestCall({ trigger, url, dirty }: Props) {
  const methods = methodsOf(trigger)
  const [method, setMethod] = useState(methods[0] ?? 'POST')
  const [body, setBody] = useState('{}')
  const [query, setQuery] = useState('')
  const call = useMutation({ mutationFn: () => callHook(pathOf(url, query), method, body) })
  const mistake = hasBody(method) ? jsonMistake(body) : null
  return (
    <div className="space-y-2.5 rounded-md border border-line bg-page p-2.5">
      <p className="text-xs text-ink-soft">
        It starts a run{dirty && ' of what was saved last: save first to try your changes'}.
        {signatureType(trigger['signature']) !== 'none' &&
          ' It is signed: this page has no secret, so that the answer will be 401.'}
      </p>
      <div className="grid grid-cols-2 gap-2">
        <Labelled label="Method">
          {(wiring) => (
            <SelectInput {...wiring} value={method} onChange={({ target }) => setMethod(target.value)}>
              {methods.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </SelectInput>
          )}
        </Labelled>
        <Labelled label="Query">
          {(wiring) => (
            <TextInput
              {...wiring}
              value={query}
              placeholder="order=9"
              onChange={({ target }) => setQuery(target.value)}
            />
          )}
        </Labelled>
      </div>
      {hasBody(method) && (
        <CodeField
          language="json"
          label="Body of the test call"
          value={body}
          onChange={setBody}
          marks={mistake ? [mistake] : []}
          className="max-h-60 [&_.cm-content]:min-h-16"
        />
      )}
      <Button look="primary" busy={call.isPending} disabled={mistake !== null} onClick={() => call.mutate()}>
        Send
      </Button>
      <div aria-live="polite" className="text-xs">
        {call.isError && <p className="text-[var(--failure-text)]">{asProblem(call.error).detail}</p>}
        {call.data && (
          <div className="space-y-1">
            <p data-tone={call.data.status < 300 ? 'success' : 'failure'} className="font-medium text-tone">
              {call.data.status}
              {call.data.run && (
                <Link to="/runs/$id" params={{ id: call.data.run }} className="ml-2 text-accent underline">
                  Look at the run
                </Link>
              )}
            </p>
            <pre className="max-h-40 overflow-auto rounded border border-line bg-panel p-2 font-mono whitespace-pre-wrap">
              {call.data.text || '(no body)'}
            </pre>
          </div>
        )}
      </div>
    </div>
  )
}
