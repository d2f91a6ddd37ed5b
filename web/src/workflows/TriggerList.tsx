/** A workflow's triggers: each with what it waits for, and a webhook's address to copy. */
import type { Json, Trigger, Workflow } from '../api/types'
import { CopyButton } from '../ui/CopyButton'
import { TriggerIcon } from './TriggerKinds'

export function TriggerList({ workflow }: { workflow: Workflow }) {
  if (workflow.triggers.length === 0) {
    return <p className="px-4 py-4 text-ink-soft">No trigger: started by hand or by the API.</p>
  }
  return (
    <ul className="divide-y divide-line">
      {workflow.triggers.map((trigger) => (
        <TriggerRow key={trigger.id} trigger={trigger} workflow={workflow} />
      ))}
    </ul>
  )
}

function TriggerRow({ trigger, workflow }: { trigger: Trigger; workflow: Workflow }) {
  const definition = workflow.definition.triggers?.find(({ id }) => id === trigger.id)
  const unsigned = trigger.type === 'webhook' && trigger.signed !== true
  return (
    <li className="space-y-1.5 px-4 py-3">
      <div className="flex items-center gap-2">
        <TriggerIcon type={trigger.type} size={14} />
        <span className="font-medium">{trigger.id}</span>
        <span className="text-xs text-ink-faint">{trigger.type}</span>
        {unsigned && (
          <span
            data-tone="waiting"
            title="Anyone who knows the address can start this workflow"
            className="ml-auto rounded-full bg-tone-soft px-2 text-[11px] leading-4 font-medium text-tone"
          >
            unsigned
          </span>
        )}
      </div>
      {trigger.url ? <Address url={trigger.url} /> : <Clock definition={definition} />}
    </li>
  )
}

function Address({ url }: { url: string }) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-page pl-2">
      <code className="min-w-0 flex-1 truncate py-1 font-mono text-xs" title={url}>
        {url}
      </code>
      <CopyButton text={url} label="Copy the webhook address" />
    </div>
  )
}

function Clock({ definition }: { definition: { [key: string]: Json } | undefined }) {
  const words = ['cron', 'every', 'at', 'timezone', 'event']
    .map((key) => definition?.[key])
    .filter((value) => typeof value === 'string')
  if (words.length === 0) return null
  return <code className="font-mono text-xs text-ink-soft">{words.join(' · ')}</code>
}
