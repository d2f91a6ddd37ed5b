/** What starts the workflow: its triggers, each with its form; more can be added. */
import { useQuery } from '@tanstack/react-query'
import { Plus, Zap } from 'lucide-react'
import { useState } from 'react'

import { workflowQuery } from '../api/queries'
import type { TriggerDefinition } from '../api/types'
import type { TriggerPanelProps } from '../editor/contract'
import { withKey } from '../forms/place'
import { Button } from '../ui/Button'
import { Menu, MenuItem } from '../ui/Menu'
import { Empty } from '../ui/states'
import { TriggerIcon } from '../workflows/TriggerKinds'
import { newTrigger, TRIGGER_TYPES, type TriggerType } from './schemas'
import { TriggerCard } from './TriggerCard'

export function TriggerPanel({ editor }: TriggerPanelProps) {
  const { definition, saved, change } = editor
  const triggers = definition.triggers ?? []
  const [open, setOpen] = useState<number | null>(triggers.length === 1 ? 0 : null)
  const addresses = useAddresses(saved)
  const put = (next: TriggerDefinition[], label: string, at?: string) =>
    change(withKey(definition, 'triggers', next.length > 0 ? next : undefined), label, at)
  const add = (type: TriggerType) => {
    const made = newTrigger(
      type,
      triggers.map(({ id }) => id),
    )
    put([...triggers, made], `Add trigger ${made.id}`)
    setOpen(triggers.length)
  }
  return (
    <div className="space-y-2 p-3">
      {triggers.length === 0 && (
        <Empty title="Nothing starts it yet" Icon={Zap}>
          <p>It can be started by hand and by the API. Add a trigger, and it starts by itself.</p>
        </Empty>
      )}
      <ul className="space-y-2">
        {triggers.map((trigger, index) => (
          <TriggerCard
            key={index}
            editor={editor}
            trigger={trigger}
            path={`triggers[${index}]`}
            url={addresses.get(trigger.id) ?? null}
            open={open === index}
            onToggle={() => setOpen(open === index ? null : index)}
            onChange={(next, at) => put(triggers.with(index, next), `Change trigger ${next.id}`, at)}
            onRemove={() => {
              put(triggers.toSpliced(index, 1), `Remove trigger ${trigger.id}`)
              setOpen(null)
            }}
          />
        ))}
      </ul>
      <Menu
        align="start"
        trigger={
          <Button>
            <Plus size={14} aria-hidden />
            Add trigger
          </Button>
        }
      >
        {TRIGGER_TYPES.map(({ type, title, about }) => (
          <MenuItem key={type} onSelect={() => add(type)}>
            <TriggerIcon type={type} size={14} />
            <span className="min-w-0">
              <span className="block font-medium">{title}</span>
              <span className="block text-xs text-ink-faint">{about}</span>
            </span>
          </MenuItem>
        ))}
      </Menu>
    </div>
  )
}

/** By the id of each webhook that was saved: its address. */
function useAddresses(saved: string | null): ReadonlyMap<string, string> {
  const { data } = useQuery({ ...workflowQuery(saved ?? ''), enabled: saved !== null })
  const known = (data?.triggers ?? []).flatMap(({ id, url }) => (url ? [[id, url] as const] : []))
  return new Map(saved === null ? [] : known)
}
