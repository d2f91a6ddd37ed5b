/** What a secret is for, and what it is bound to: the hosts that it goes to, the kinds that it goes into. */
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'

import { Labelled, TextArea, TextInput } from '../ui/inputs'
import type { Typed } from './draft'

interface Props {
  typed: Typed
  onChange: (part: Partial<Typed>) => void
}

export function BindingFields({ typed, onChange }: Props) {
  const [open, setOpen] = useState(typed.hosts !== '' || typed.kinds !== '')
  return (
    <>
      <Labelled label="Description">
        {(wiring) => (
          <TextInput
            {...wiring}
            maxLength={500}
            placeholder="What it is for, who knows about it"
            value={typed.description}
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Labelled>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center gap-1 rounded text-xs font-medium text-ink-soft hover:text-ink"
      >
        <ChevronRight size={13} aria-hidden className={open ? 'rotate-90' : ''} />
        Where it may go
      </button>
      {open && (
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="Only to these hosts" hint="One a line: api.example.com, *.example.com.">
            {(wiring) => (
              <TextArea
                {...wiring}
                code
                rows={3}
                spellCheck={false}
                value={typed.hosts}
                onChange={(event) => onChange({ hosts: event.target.value })}
              />
            )}
          </Labelled>
          <Labelled label="Only into these kinds" hint="One a line: http.request, email.send.">
            {(wiring) => (
              <TextArea
                {...wiring}
                code
                rows={3}
                spellCheck={false}
                value={typed.kinds}
                onChange={(event) => onChange({ kinds: event.target.value })}
              />
            )}
          </Labelled>
        </div>
      )}
    </>
  )
}
