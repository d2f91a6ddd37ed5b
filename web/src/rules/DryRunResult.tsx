/** What a dry run found: the sums, then each tenant with what every condition gave and the jobs it would get. */
import { CircleCheck, CircleMinus, TriangleAlert } from 'lucide-react'

import type { DryRun } from '../api/rules'
import { Conditions } from '../deliveries/FiringView'
import { asText } from '../deliveries/verdicts'
import { plural } from '../ui/format'
import { JsonTree } from '../ui/JsonTree'

export function DryRunResult({ result }: { result: DryRun }) {
  return (
    <div role="status" className="space-y-3">
      {!result.fits && (
        <p data-tone="waiting" className="flex gap-2 rounded-md bg-tone-soft px-2.5 py-1.5 text-tone">
          <TriangleAlert size={14} aria-hidden className="mt-0.5 shrink-0" />
          The trigger doesn’t take this event at all. Were it to:
        </p>
      )}
      <p>
        <strong className="font-semibold">{plural(result.jobs, 'job')}</strong> would be inserted.{' '}
        <span className="text-ink-soft">
          {result.met} of {plural(result.seen, 'tenant')} met all conditions.
        </span>
      </p>
      <ul className="space-y-2">
        {result.tenants.map((tenant) => (
          <TriedTenant key={tenant.tenant} tenant={tenant} />
        ))}
      </ul>
      {result.tenants.length < result.seen && (
        <p className="text-xs text-ink-faint">
          Of so many tenants only some are shown, those that met first.
        </p>
      )}
    </div>
  )
}

function TriedTenant({ tenant }: { tenant: DryRun['tenants'][number] }) {
  const Icon = tenant.met ? CircleCheck : CircleMinus
  const conditions = tenant.conditions.map((each) => ({ ...each, reason: asText(each.reason) }))
  return (
    <li className="rounded-md border border-line">
      <details open={tenant.met}>
        <summary
          data-tone={tenant.met ? 'success' : 'neutral'}
          className="flex cursor-pointer items-center gap-2 px-3 py-2"
        >
          <Icon size={14} aria-hidden className="shrink-0 text-tone" />
          <span className="min-w-0 flex-1 truncate font-medium">{tenant.name}</span>
          <span className="text-xs text-ink-soft">
            {tenant.met ? plural(tenant.jobs.length, 'job') : 'not met'}
          </span>
        </summary>
        <div className="space-y-3 border-t border-line p-3">
          {conditions.length > 0 ? (
            <Conditions conditions={conditions} />
          ) : (
            <p className="text-ink-soft">No condition.</p>
          )}
          {tenant.problems.map((problem) => (
            <p key={problem.path} className="text-xs text-[var(--failure-text)]">
              <code className="mr-1.5 font-mono font-medium">{problem.path}</code>
              {problem.message}
            </p>
          ))}
          {tenant.jobs.length > 0 && <JsonTree value={tenant.jobs} label="the jobs" />}
        </div>
      </details>
    </li>
  )
}
